// Kubernetes' quantities: `quantity("1.5Gi").isGreaterThan(quantity("1G"))`.

import type { CelFunc, CelMap } from '@bufbuild/cel'
import { parseQuantity } from '@sheaf/api/meta'
import { type Cel, opaque, opaqueType, opened } from './opaque.ts'

const kind = 'quantity'
const nanoPerOne = 1_000_000_000n

export function quantityFunctions(cel: Cel): CelFunc[] {
  const { celFunc, celMethod, CelScalar } = cel
  const { STRING, BOOL, INT, DOUBLE } = CelScalar
  const type = opaqueType(cel)
  const nanoOf = (map: CelMap): bigint => BigInt(opened(map, kind))
  const sign = (nano: bigint): bigint => (nano > 0n ? 1n : nano < 0n ? -1n : 0n)
  return [
    celFunc('quantity', [STRING], type, (text) => {
      const quantity = parseQuantity(text)
      if (quantity === undefined)
        throw new Error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
      return opaque(kind, quantity.nano)
    }),
    celFunc('isQuantity', [STRING], BOOL, (text) => parseQuantity(text) !== undefined),
    celMethod('isInteger', type, [], BOOL, function () {
      return nanoOf(this) % nanoPerOne === 0n
    }),
    celMethod('asInteger', type, [], INT, function () {
      const nano = nanoOf(this)
      if (nano % nanoPerOne !== 0n) throw new Error('cannot convert value to integer')
      return nano / nanoPerOne
    }),
    celMethod('asApproximateFloat', type, [], DOUBLE, function () {
      return Number(nanoOf(this)) / Number(nanoPerOne)
    }),
    celMethod('sign', type, [], INT, function () {
      return sign(nanoOf(this))
    }),
    ...(['add', 'sub'] as const).flatMap((name) => {
      const combined = (a: bigint, b: bigint) => opaque(kind, name === 'add' ? a + b : a - b)
      return [
        celMethod(name, type, [type], type, function (other) {
          return combined(nanoOf(this), nanoOf(other))
        }),
        celMethod(name, type, [INT], type, function (other) {
          return combined(nanoOf(this), other * nanoPerOne)
        }),
      ]
    }),
  ]
}
