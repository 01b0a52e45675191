import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { labelSelectorOf, matchesLabels, parseLabelSelector } from './label-selector.ts'

const selects = (selector: string, labels: Record<string, string>): boolean => matchesLabels(parseLabelSelector(selector), labels)

describe('label selectors', () => {
  it.each([
    ['', {}, true],
    ['a', { a: '' }, true],
    ['a', {}, false],
    ['!a', {}, true],
    ['!a', { a: '1' }, false],
    ['a=1', { a: '1' }, true],
    ['a==1', { a: '2' }, false],
    ['a=', { a: '' }, true],
    ['a!=1', {}, true],
    ['a!=1', { a: '1' }, false],
    ['a in (1,2)', { a: '2' }, true],
    ['a in (1, 2)', { a: '3' }, false],
    ['a in (1,)', { a: '' }, true],
    ['a notin (1,2)', { b: '1' }, true],
    ['a notin (1,2)', { a: '1' }, false],
    ['a>3', { a: '10' }, true],
    ['a<3', { a: '10' }, false],
    ['a>3', { a: 'x' }, false],
    ['a=1,b in (x),!c', { a: '1', b: 'x' }, true],
    ['a=1,b', { a: '1' }, false],
    ['in in (in)', { in: 'in' }, true],
    ['kubevirt.io/nodeName = n1', { 'kubevirt.io/nodeName': 'n1' }, true],
    ['constructor', {}, false],
  ])('%j on %j is %s', (selector, labels, expected) => {
    expect(selects(selector, labels as Record<string, string>)).toBe(expected)
  })

  it.each([
    ['a b', `unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt`],
    ['a constructor b', `unable to parse requirement: found 'constructor', expected: in, notin, =, ==, !=, gt, lt`],
    ['a in 1', `unable to parse requirement: found '1' expected: '('`],
    ['a in (1', `unable to parse requirement: found '', expected: ',' or ')'`],
    [
      'a in ()',
      `unable to parse requirement: values: Invalid value: []string{}: for 'in', 'notin' operators, values set can't be empty`,
    ],
    ['=1', `unable to parse requirement: found '=', expected: identifier`],
    ['a=1,', `found '', expected: identifier after ','`],
    ['a=1 b', `found 'b', expected: ',' or 'end of string'`],
    ['a>x', `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`],
  ])('%j is refused: %s', (selector, message) => {
    expect(() => parseLabelSelector(selector)).toThrow(expect.objectContaining({ code: 400, message }))
  })

  it('what a label may not be, a selector may not ask for', () => {
    expect(() => parseLabelSelector('-a=1')).toThrow(
      /^unable to parse requirement: <nil>: Invalid value: "-a": name part must consist/,
    )
    expect(() => parseLabelSelector('a=b*c')).toThrow(/values\[0]\[a]: Invalid value: "b\*c": a valid label must be/)
  })

  it('any text is either understood or refused with a 400', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('ab1=!(),<> in/.-')), maxLength: 20 }), (text) => {
        try {
          expect(Array.isArray(parseLabelSelector(text))).toBe(true)
        } catch (error) {
          expect(error).toMatchObject({ code: 400 })
        }
      }),
    )
  })

  it('the object form means the same as the text', () => {
    const selector = labelSelectorOf({ matchLabels: { a: '1' }, matchExpressions: [{ key: 'b', operator: 'DoesNotExist' }] })
    expect(selector).toEqual(parseLabelSelector('a=1,!b'))
  })

  it.each(['in', 'constructor', 'toString'])('the object form knows no operator %j', (operator) => {
    expect(() => labelSelectorOf({ matchExpressions: [{ key: 'a', operator, values: ['b'] }] })).toThrow(
      expect.objectContaining({ code: 400, message: `"${operator}" is not a valid label selector operator` }),
    )
  })
})
