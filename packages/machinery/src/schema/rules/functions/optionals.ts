// `oldSelf` of a rule that also applies to new values. The evaluator has no optional values: here one is a list of one
// element, or an empty one. What an expression may do with it is checked before.

import type { CelFunc, CelInput } from '@bufbuild/cel'
import type { Cel } from './opaque.ts'

export function optional(value: CelInput | undefined): CelInput {
  return value === undefined ? [] : [value]
}

export function optionalFunctions({ celMethod, CelScalar, listType }: Cel): CelFunc[] {
  const { DYN, BOOL } = CelScalar
  const list = listType(DYN)
  return [
    celMethod('hasValue', list, [], BOOL, function () {
      return this.size > 0
    }),
    celMethod('value', list, [], DYN, function () {
      if (this.size === 0) throw new Error('optional.none() dereference')
      return this.get(0) as CelInput
    }),
    celMethod('orValue', list, [DYN], DYN, function (other) {
      return (this.size === 0 ? other : this.get(0)) as CelInput
    }),
  ]
}
