// What Kubernetes adds to lists: their order, least, greatest and sum, where an element is, and lists as sets.

import type { CelFunc, CelInput, CelList, CelValue } from '@bufbuild/cel'
import type { Cel } from './opaque.ts'

export function listFunctions(cel: Cel, charge: (amount: number) => void): CelFunc[] {
  const { celFunc, celMethod, CelScalar, listType } = cel
  const { DYN, BOOL, INT } = CelScalar
  const list = listType(DYN)
  const itemsOf = (given: CelList): CelValue[] => {
    charge(given.size)
    return [...given]
  }
  const extreme = (given: CelList, name: string, sign: 1 | -1): CelInput => {
    const [first, ...rest] = itemsOf(given)
    if (first === undefined) throw new Error(`${name} called on empty list`)
    return rest.reduce((best, each) => (compare(each, best) * sign > 0 ? each : best), first) as CelInput
  }
  const places = (given: CelList, value: CelValue): number[] =>
    itemsOf(given).flatMap((each, index) => (isEqual(each, value) ? [index] : []))
  const containsAll = (all: CelList, some: CelList): boolean => {
    const items = itemsOf(all)
    return itemsOf(some).every((each) => items.some((other) => isEqual(each, other)))
  }
  return [
    celMethod('isSorted', list, [], BOOL, function () {
      const items = itemsOf(this)
      return items.every((each, index) => index === 0 || compare(items[index - 1] as CelValue, each) <= 0)
    }),
    celMethod('min', list, [], DYN, function () {
      return extreme(this, 'min', -1)
    }),
    celMethod('max', list, [], DYN, function () {
      return extreme(this, 'max', 1)
    }),
    celMethod('sum', list, [], DYN, function () {
      const items = itemsOf(this)
      const isWhole = items.every((each) => typeof each === 'bigint')
      return isWhole
        ? items.reduce<bigint>((sum, each) => sum + (each as bigint), 0n)
        : items.reduce<number>((sum, each) => sum + Number(each), 0)
    }),
    celMethod('indexOf', list, [DYN], INT, function (value) {
      return BigInt(places(this, value)[0] ?? -1)
    }),
    celMethod('lastIndexOf', list, [DYN], INT, function (value) {
      return BigInt(places(this, value).at(-1) ?? -1)
    }),
    celFunc('sets.contains', [list, list], BOOL, containsAll),
    celFunc('sets.equivalent', [list, list], BOOL, (a, b) => containsAll(a, b) && containsAll(b, a)),
    celFunc('sets.intersects', [list, list], BOOL, (a, b) => {
      const items = itemsOf(a)
      return itemsOf(b).some((each) => items.some((other) => isEqual(each, other)))
    }),
  ]
}

/** Of two values of one type that has an order. */
function compare(a: CelValue, b: CelValue): number {
  const left = comparable(a)
  const right = comparable(b)
  return left < right ? -1 : left > right ? 1 : 0
}

function comparable(value: CelValue): bigint | number | string | boolean {
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
    return value
  throw new Error('no such overload: the elements of the list have no order')
}

function isEqual(a: CelValue, b: CelValue): boolean {
  if (a === b) return true
  return typeof a === 'object' && typeof b === 'object' && JSON.stringify(plain(a)) === JSON.stringify(plain(b))
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) return value
  const items = [...(value as Iterable<unknown>)].map(plain)
  // The entries of a map come in any order.
  return 'entries' in value ? items.map((each) => JSON.stringify(each)).toSorted() : items
}
