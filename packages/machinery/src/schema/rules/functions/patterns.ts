// Regular expressions: RE2's, in place of the evaluator's own, so that the length of what they go through is counted.

import type { CelFunc } from '@bufbuild/cel'
import { expressionOf } from '../../pattern.ts'
import type { Cel } from './opaque.ts'

/** A pattern goes through so many letters in about the time of one turn of a loop. */
const lettersPerTurn = 100

export function patternFunctions({ celFunc, celMethod, CelScalar, listType }: Cel, charge: (amount: number) => void): CelFunc[] {
  const { STRING, BOOL, INT } = CelScalar
  const matches = (text: string, pattern: string): boolean => {
    charge(Math.ceil(text.length / lettersPerTurn))
    return expressionOf(pattern).test(text)
  }
  function findAll(text: string, pattern: string, most: number): string[] {
    charge(Math.ceil(text.length / lettersPerTurn))
    const matcher = expressionOf(pattern).matcher(text)
    const found: string[] = []
    while (found.length !== most && matcher.find()) found.push(matcher.group() ?? '')
    return found
  }
  return [
    celMethod('matches', STRING, [STRING], BOOL, function (pattern) {
      return matches(this, pattern)
    }),
    celFunc('matches', [STRING, STRING], BOOL, matches),
    celMethod('find', STRING, [STRING], STRING, function (pattern) {
      return findAll(this, pattern, 1)[0] ?? ''
    }),
    celMethod('findAll', STRING, [STRING], listType(STRING), function (pattern) {
      return findAll(this, pattern, -1)
    }),
    celMethod('findAll', STRING, [STRING, INT], listType(STRING), function (pattern, most) {
      return findAll(this, pattern, Number(most))
    }),
  ]
}
