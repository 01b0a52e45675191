// Admission keeps the last strategy that was not Halted in an annotation, in the same write as the strategy itself: no
// death of the process comes between what a machine is and what it was.

import { effectiveRunStrategy, isMemorableRunStrategy, rememberedRunStrategyAnnotation, type VirtualMachine } from '@sheaf/api'
import type { FieldError } from '@sheaf/api/meta'

/** A machine that speaks of `running` has no strategy to be given back: its start writes `true`. */
export function rememberStrategy(vm: VirtualMachine, before: VirtualMachine | undefined): void {
  // What was sent may lack anything; validation says so afterwards.
  const { running, runStrategy }: Partial<VirtualMachine['spec']> = (vm as Partial<VirtualMachine>).spec ?? {}
  if (running !== undefined) return
  const remembered = runStrategy === 'Halted' ? strategyBeforeHalt(vm, before) : runStrategy
  if (remembered === undefined || remembered === rememberedIn(vm)) return
  vm.metadata.annotations = { ...vm.metadata.annotations, [rememberedRunStrategyAnnotation]: remembered }
}

/** Whoever writes another strategy into the annotation of a halted machine means it; whoever leaves it out does not. */
function strategyBeforeHalt(vm: VirtualMachine, before: VirtualMachine | undefined): string | undefined {
  const sent = rememberedIn(vm)
  if (before === undefined || (sent !== undefined && sent !== rememberedIn(before))) return sent
  const strategy = effectiveRunStrategy(before.spec)
  return strategy === 'Halted' ? rememberedIn(before) : strategy
}

/** A start could not give it back. */
export function forgettableStrategy(vm: VirtualMachine, before: VirtualMachine | undefined): FieldError[] {
  const sent = rememberedIn(vm)
  if (sent === undefined || isMemorableRunStrategy(sent) || vm.spec.runStrategy !== 'Halted') return []
  if (before !== undefined && rememberedIn(before) === sent) return []
  const message = `annotation ${rememberedRunStrategyAnnotation} is what a start makes of the machine: Always, RerunOnFailure, Manual or Once; it is "${sent}"`
  return [{ type: 'FieldValueInvalid', field: `metadata.annotations[${rememberedRunStrategyAnnotation}]`, message }]
}

const rememberedIn = ({ metadata }: VirtualMachine): string | undefined => metadata.annotations?.[rememberedRunStrategyAnnotation]
