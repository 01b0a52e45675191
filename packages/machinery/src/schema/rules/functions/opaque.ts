// What the functions of Kubernetes' libraries have in common: how their values look inside the evaluator, and what they
// are counted by.

import type * as cel from '@bufbuild/cel'

export type Cel = typeof cel

export interface Meter {
  /** Whether more was asked for than there was. */
  readonly isSpent: boolean
  /** Throws AllowanceSpent. */
  charge(amount: number): void
}

export class AllowanceSpent extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
    this.name = 'AllowanceSpent'
  }
}

/** A value that expressions can only hand to functions: a map with one entry, which is equal to another when it says the same. */
export function opaque(kind: string, value: bigint | string): ReadonlyMap<string, bigint | string> {
  return new Map([[kind, value]])
}

export function opened(map: cel.CelMap, kind: string): bigint | string {
  const value = map.get(kind)
  if (typeof value !== 'string' && typeof value !== 'bigint') throw new Error(`no such overload: expected ${kind}`)
  return value
}

/** The type of an opaque value, as the evaluator knows it. */
export function opaqueType({ mapType, CelScalar }: Cel): cel.CelMapType {
  return mapType(CelScalar.STRING, CelScalar.DYN)
}
