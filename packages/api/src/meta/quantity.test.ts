import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOf, compareQuantities, formatQuantity, milliOf, parseQuantity } from './quantity.ts'

const canonical = (text: string | number): string | undefined => {
  const quantity = parseQuantity(text)
  return quantity === undefined ? undefined : formatQuantity(quantity)
}

describe('quantities', () => {
  it.each([
    ['512Mi', '512Mi'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['0.5', '500m'],
    ['1500m', '1500m'],
    ['2000m', '2'],
    ['1000k', '1M'],
    ['64k', '64k'],
    ['1e3', '1e3'],
    ['9E', '9E'],
    ['12E', '9223372036854775807'],
    ['1000Ki', '1000Ki'],
    ['512Ki', '512Ki'],
    ['0.5Ki', '512'],
    ['-2Gi', '-2Gi'],
    ['+1', '1'],
    ['.5', '500m'],
    ['5.', '5'],
    ['0Gi', '0'],
    ['0.1n', '1n'],
    [1024, '1024'],
    [0.25, '250m'],
  ])('%s is written canonically as %s', (text, expected) => {
    expect(canonical(text)).toBe(expected)
  })

  it.each(['', 'Gi', '1 Gi', '1gi', '1KI', 'one', '1.2.3', '--1', '1e', '9'.repeat(65), Number.NaN])('%s is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined()
  })

  it('the canonical text means the same as what it came from', () => {
    const text = fc
      .tuple(
        fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
        fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'Ki', 'Mi', 'Gi', 'e2', 'e-1'),
      )
      .map(([number, suffix]) => `${number}${suffix}`)
    fc.assert(
      fc.property(text, (each) => {
        const quantity = parseQuantity(each)!
        expect(parseQuantity(formatQuantity(quantity))?.nano).toBe(quantity.nano)
      }),
    )
  })

  it('quantities are ordered by what they mean, not how they are written', () => {
    const order = (left: string, right: string) => compareQuantities(parseQuantity(left)!, parseQuantity(right)!)
    expect(order('1G', '1Gi')).toBeLessThan(0)
    expect(order('1024Mi', '1Gi')).toBe(0)
    expect(order('9007199254740993', '9007199254740992')).toBeGreaterThan(0)
  })

  it('bytes and thousandths are whole numbers, rounded up', () => {
    expect(bytesOf('128Mi')).toBe(134_217_728)
    expect(bytesOf('0.5')).toBe(1)
    expect(bytesOf('-1Ki')).toBe(-1024)
    expect(milliOf('100m')).toBe(100)
    expect(milliOf(2)).toBe(2000)
  })

  it('a count that a number cannot hold exactly is not given at all', () => {
    expect(bytesOf('8Ei')).toBeUndefined()
    expect(bytesOf('nonsense')).toBeUndefined()
  })
})
