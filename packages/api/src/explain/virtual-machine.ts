// Why a virtual machine is in its state, since when, and what to do next: one text for the command line and the console.

import { effectiveRunStrategy, type RunStrategy } from '../kubevirt.io/v1/run-strategy.ts'
import type { PrintableStatus, VirtualMachine } from '../kubevirt.io/v1/virtual-machine.ts'
import type { VirtualMachineInstance } from '../kubevirt.io/v1/virtual-machine-instance.ts'
import { findCondition } from '../meta/index.ts'
import { knownFacts, type Seen } from './known-facts.ts'
import { commandName, nextMoves } from './next-moves.ts'
import { statusMeaning } from './status-meaning.ts'

export interface Explanation {
  /** One line: what it is, by its strategy. */
  state: string
  /** RFC 3339, where it is known. */
  since: string | undefined
  why: string[]
  next: string[]
}

export function explainVirtualMachine(vm: VirtualMachine, seen: Omit<Seen, 'vm'>): Explanation {
  const strategy = effectiveRunStrategy(vm.spec)
  const status = vm.status?.printableStatus ?? 'Unknown'
  return {
    state: `${vm.metadata.name} is ${status}. Its run strategy is ${strategy}: ${strategyMeaning[strategy]}.`,
    since: sinceOf(vm, seen.instance, status),
    why: [statusMeaning[status], ...knownFacts({ ...seen, vm })],
    next: nextMoves(vm, status),
  }
}

/** One that no virtual machine made, or that was left behind by one. */
export function explainInstance(instance: VirtualMachineInstance, seen: Omit<Seen, 'vm' | 'instance'>): Explanation {
  const { metadata, status } = instance
  const name = commandName(instance)
  return {
    state: `${metadata.name} is an instance without a virtual machine, and ${status?.phase ?? 'new'}. When it has ended, nothing starts it again.`,
    since: phaseEnteredAt(instance),
    why: knownFacts({ ...seen, vm: undefined, instance }),
    next: [`sheaf logs ${name}`, `kubectl delete vmi ${name}   (shuts it down and takes it away)`],
  }
}

const strategyMeaning: Readonly<Record<RunStrategy, string>> = {
  Always: 'it is started whenever it is not running',
  RerunOnFailure: 'it is started again after a failure, and stays off when the guest shuts itself down',
  Manual: 'it is started and stopped only when somebody asks',
  Halted: 'it is kept off',
  Once: 'it is started once and never again',
  WaitAsReceiver: 'it waits for a machine to migrate to it',
}

/** The condition of the instance that puts the VM in this state. */
const decidingCondition: Partial<Record<PrintableStatus, string>> = {
  Paused: 'Paused',
  ErrorPvcNotFound: 'Synchronized',
  ErrImagePull: 'Synchronized',
  ImagePullBackOff: 'Synchronized',
  ErrorUnschedulable: 'PodScheduled',
}

function sinceOf(vm: VirtualMachine, instance: VirtualMachineInstance | undefined, status: PrintableStatus): string | undefined {
  if (status === 'Terminating') return vm.metadata.deletionTimestamp
  if (status === 'Stopping' && instance?.metadata.deletionTimestamp !== undefined) return instance.metadata.deletionTimestamp
  const deciding = findCondition(instance?.status?.conditions, decidingCondition[status] ?? '')?.lastTransitionTime
  const ready = findCondition(vm.status?.conditions, 'Ready')?.lastTransitionTime
  return deciding ?? phaseEnteredAt(instance) ?? ready ?? undefined
}

function phaseEnteredAt(instance: VirtualMachineInstance | undefined): string | undefined {
  const phases = instance?.status?.phaseTransitionTimestamps ?? []
  return phases.findLast(({ phase }) => phase === instance?.status?.phase)?.phaseTransitionTimestamp ?? undefined
}
