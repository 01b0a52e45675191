// A processor model that is whatever QEMU can do is another one under another QEMU. A guest has looked at its processor when it
// booted, so the new process must show it the same one.

import type { Processor } from '../launch-plan.ts'

/** These are no models of their own. */
const openModels: readonly string[] = ['host', 'max']

/** Of which QEMU's emulation says no longer what it said: an instruction that was withdrawn before any processor had it, so no program has it. */
const withdrawn: readonly string[] = ['pcommit']

export interface PinnedProcessor {
  /** What is to be taken away, beside the settings of the plan. */
  withheld: readonly string[]
  /** What the guest has and would lose. */
  lacking: readonly string[]
}

/** Switches of QEMU's own behaviour begin with this; the machine's type says how they stand. */
const isFeature = (name: string): boolean => !name.startsWith('x-')

/** Undefined for a model that is the same everywhere. */
export function pinProcessor(
  { model, settings = {} }: Processor,
  source: ReadonlyMap<string, boolean>,
  target: ReadonlyMap<string, boolean>,
): PinnedProcessor | undefined {
  if (!openModels.includes(model)) return undefined
  const isOpen = (name: string): boolean => isFeature(name) && !(name in settings)
  const withheld = [...target].filter(([name, has]) => has && isOpen(name) && source.get(name) !== true).map(([name]) => name)
  const lacking = [...source].filter(([name, has]) => has && isOpen(name) && target.get(name) === false).map(([name]) => name)
  return { withheld: withheld.toSorted(), lacking: lacking.filter((name) => !withdrawn.includes(name)).toSorted() }
}
