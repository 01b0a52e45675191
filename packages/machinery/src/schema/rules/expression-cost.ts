// What a call may cost at most, in Kubernetes' units, and how large its result may be. Pure.

import type { CelType } from './declared-type.ts'

export interface Sized {
  type: CelType
  /** Elements, entries, letters or bytes at most; undefined where it has no size. */
  size: number | undefined
}

/** Going through a text is quicker than a step for each of its letters. */
const letterCost = 0.1
/** A regular expression is gone through a few letters at a time. */
const patternCost = 0.25

export function callCost(
  name: string,
  target: Sized | undefined,
  parameters: readonly Sized[],
): { cost: number; size: number | undefined } {
  const [first, second] = target === undefined ? parameters : [target, ...parameters]
  const one = first?.size ?? 1
  const other = second?.size ?? 1
  switch (name) {
    case '_==_':
    case '_!=_':
      return { cost: traversal(first, second), size: undefined }
    case '_+_':
      return isSized(first) ? { cost: letters(one + other), size: one + other } : { cost: 1, size: undefined }
    case '_?_:_':
      return { cost: 0, size: Math.max(other, parameters[2]?.size ?? 0) || undefined }
    case '_&&_':
    case '_||_':
    case '!_':
    case '@not_strictly_false':
      return { cost: 1, size: undefined }
    case '@in':
      return { cost: second?.type.kind === 'list' ? Math.max(1, other) : 1, size: undefined }
    case 'contains':
    case 'indexOf':
    case 'lastIndexOf':
      return { cost: 1 + letters(one) * Math.max(1, letters(other)), size: undefined }
    case 'startsWith':
    case 'endsWith':
      return { cost: letters(other), size: undefined }
    case 'matches':
    case 'find':
    case 'findAll':
      return { cost: letters(one) * Math.max(1, Math.ceil(other * patternCost)), size: one }
    case 'isSorted':
    case 'min':
    case 'max':
    case 'sum':
      return { cost: 1 + one, size: undefined }
    case 'sets.contains':
    case 'sets.equivalent':
    case 'sets.intersects':
      return { cost: 1 + one * other, size: undefined }
    case 'lowerAscii':
    case 'upperAscii':
    case 'trim':
    case 'replace':
    case 'split':
    case 'substring':
    case 'join':
    case 'format':
    case 'string':
    case 'bytes':
      return { cost: letters(one), size: one }
    case 'url':
    case 'isURL':
    case 'quantity':
    case 'isQuantity':
    case 'ip':
    case 'isIP':
    case 'cidr':
    case 'isCIDR':
    case 'semver':
    case 'isSemver':
    case 'timestamp':
    case 'duration':
      return { cost: letters(one), size: undefined }
    default:
      return { cost: 1, size: undefined }
  }
}

const letters = (count: number): number => Math.max(1, Math.ceil(count * letterCost))

function isSized(value: Sized | undefined): boolean {
  return value !== undefined && ['string', 'bytes', 'list', 'dyn'].includes(value.type.kind)
}

/** Two values differ at the latest where the smaller one ends. */
function traversal(first: Sized | undefined, second: Sized | undefined): number {
  const sizes = [first, second].flatMap((each) => (isSized(each) && each?.size !== undefined ? [each.size] : []))
  return sizes.length === 0 ? 1 : letters(Math.min(...sizes))
}
