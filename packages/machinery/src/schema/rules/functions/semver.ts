// Versions of software: `semver("1.2.3").isLessThan(semver("1.10.0"))`. Quantities are compared by the same names.

import type { CelFunc, CelMap } from '@bufbuild/cel'
import { type Cel, opaque, opaqueType, opened } from './opaque.ts'

const kind = 'semver'
const shape =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*))?(?:\+[\da-zA-Z.-]+)?$/

export function semverFunctions(cel: Cel): CelFunc[] {
  const { celFunc, celMethod, CelScalar } = cel
  const { STRING, BOOL, INT } = CelScalar
  const type = opaqueType(cel)
  const part = (name: string, index: number): CelFunc =>
    celMethod(name, type, [], INT, function () {
      return BigInt(String(opened(this, kind)).split(/[.+-]/)[index] ?? '0')
    })
  return [
    celFunc('isSemver', [STRING], BOOL, (text) => shape.test(text)),
    celFunc('semver', [STRING], type, (text) => {
      if (!shape.test(text)) throw new Error(`Invalid character(s) found in version ${JSON.stringify(text)}`)
      return opaque(kind, text)
    }),
    part('major', 0),
    part('minor', 1),
    part('patch', 2),
    celMethod('compareTo', type, [type], INT, function (other) {
      return compareTo(this, other)
    }),
    celMethod('isLessThan', type, [type], BOOL, function (other) {
      return compareTo(this, other) < 0n
    }),
    celMethod('isGreaterThan', type, [type], BOOL, function (other) {
      return compareTo(this, other) > 0n
    }),
  ]
}

function compareTo(a: CelMap, b: CelMap): bigint {
  if (a.has('quantity')) return order(BigInt(opened(a, 'quantity')), BigInt(opened(b, 'quantity')))
  return compareVersions(String(opened(a, kind)), String(opened(b, kind)))
}

function order<T>(a: T, b: T): bigint {
  return a < b ? -1n : a > b ? 1n : 0n
}

function compareVersions(a: string, b: string): bigint {
  const [left, right] = [shape.exec(a) ?? [], shape.exec(b) ?? []]
  for (const index of [1, 2, 3]) {
    const difference = order(BigInt(left[index] ?? '0'), BigInt(right[index] ?? '0'))
    if (difference !== 0n) return difference
  }
  const [leftPre, rightPre] = [left[4], right[4]]
  if (leftPre === rightPre) return 0n
  // A release comes after all that led to it.
  if (leftPre === undefined || rightPre === undefined) return leftPre === undefined ? 1n : -1n
  return comparePrereleases(leftPre.split('.'), rightPre.split('.'))
}

function comparePrereleases(a: readonly string[], b: readonly string[]): bigint {
  for (const [index, left] of a.entries()) {
    const right = b[index]
    if (right === undefined) return 1n
    if (left === right) continue
    const [leftIsNumber, rightIsNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)]
    if (leftIsNumber && rightIsNumber) return order(BigInt(left), BigInt(right))
    if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1n : 1n
    return order(left, right)
  }
  return a.length < b.length ? -1n : 0n
}
