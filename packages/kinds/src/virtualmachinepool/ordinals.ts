// The members of a pool are numbered, and named after it: `<pool>-<ordinal>`.

import type { VirtualMachinePool } from '@sheaf/api'

export function memberName({ metadata: { name = '' } }: VirtualMachinePool, ordinal: number): string {
  return `${name}-${ordinal}`
}

/** The number at the end of a member's name; undefined for a name that was not made here. */
export function ordinalOf({ metadata }: { metadata: { name?: string } }): number | undefined {
  const [, digits] = /-(\d+)$/.exec(metadata.name ?? '') ?? []
  return digits === undefined ? undefined : Number(digits)
}

/** The lowest numbers whose names nobody bears, whoever he belongs to. */
export function freeOrdinals(pool: VirtualMachinePool, count: number, taken: ReadonlySet<string>): number[] {
  const free: number[] = []
  for (let ordinal = 0; free.length < count; ordinal++) {
    if (!taken.has(memberName(pool, ordinal))) free.push(ordinal)
  }
  return free
}
