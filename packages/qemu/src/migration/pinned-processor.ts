// A processor model that is whatever QEMU can do is another one under another QEMU. A guest has looked at its processor when it
// booted, so the new process must show it the same one. Pure.

import type { Processor } from '../launch-plan.ts'

/** What a QEMU can give a processor, by the names of its properties. */
export type Abilities = ReadonlyMap<string, boolean>

/** These are no models of their own. */
const openModels: readonly string[] = ['host', 'max']

/** Of which QEMU's emulation says no longer what it said: an instruction that was withdrawn before any processor had it, so no program has it. */
const withdrawn: readonly string[] = ['pcommit']

/** Switches of QEMU's own behaviour begin with this; the machine's type says how they stand. */
const isFeature = (name: string): boolean => !name.startsWith('x-')

const isOpen = ({ model, settings = {} }: Processor, name: string): boolean =>
  openModels.includes(model) && isFeature(name) && !(name in settings)

/** What the new process is to take away, beside what the plan does: it is told so at its start. */
export function withheldFeatures(cpu: Processor, source: Abilities, installed: Abilities): string[] {
  return [...installed]
    .filter(([name, has]) => has && isOpen(cpu, name) && source.get(name) !== true)
    .map(([name]) => name)
    .toSorted()
}

/** What the guest would lose. Both have to be asked as machines of the same type, which decides on some of it. */
export function lostFeatures(cpu: Processor, source: Abilities, target: Abilities): string[] {
  return [...source]
    .filter(([name, has]) => has && isOpen(cpu, name) && target.get(name) === false && !withdrawn.includes(name))
    .map(([name]) => name)
    .toSorted()
}
