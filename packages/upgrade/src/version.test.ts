import { describe, expect, it } from 'vitest'
import { compareVersions, isVersion, wayTo } from './version.ts'

describe('the order of versions', () => {
  it.each([
    ['1.0.0', '1.0.1'],
    ['1.2.9', '1.10.0'],
    ['v1.9.9', '2.0.0'],
    ['1.0.0-rc1', '1.0.0'],
    ['1.0.0-rc2', '1.0.0-rc10'],
    ['1.0.0-alpha.1', '1.0.0-beta'],
    ['1.0.0-1', '1.0.0-alpha'],
    ['1.0.0-alpha', '1.0.0-alpha.1'],
  ])('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0)
    expect(compareVersions(newer, older)).toBeGreaterThan(0)
    expect(compareVersions(newer, newer)).toBe(0)
  })

  it('what was built when does not count', () => {
    expect(compareVersions('1.0.0+a', 'v1.0.0+b')).toBe(0)
  })

  it.each(['', '1', '1.2', 'latest', '1.2.3.4', '1.2.3-', '../1.2.3'])('"%s" is no version', (text) => {
    expect(isVersion(text)).toBe(false)
    expect(() => compareVersions(text, '1.0.0')).toThrow(RangeError)
  })
})

describe('the way from one version to another', () => {
  it.each([
    ['1.0.0', '1.1.0', undefined],
    ['1.0.0', '1.1.0', ''],
    ['1.0.0', '1.1.0', '1.0.0'],
    ['1.1.0-rc1', '1.1.0-rc2', '1.0.0'],
    ['1.1.0-rc2', '1.1.0', '1.0.0'],
  ])('%s → %s with minimum %s is open', (installed, target, minUpgradable) => {
    expect(wayTo({ installed, target, minUpgradable })).toEqual({ isOpen: true })
  })

  it.each([
    ['1.0.0', '1.0.0', undefined, 'SameVersion', 'is installed already'],
    ['1.1.0', '1.0.0', undefined, 'Downgrade', 'sheaf upgrade rollback'],
    ['1.0.0', '3.0.0', '2.0.0', 'TooOld', 'upgrade to 2.0.0 first'],
    ['1.0.0', 'next', undefined, 'NotAVersion', '"next"'],
  ])('%s → %s with minimum %s is closed: %s', (installed, target, minUpgradable, reason, words) => {
    expect(wayTo({ installed, target, minUpgradable })).toMatchObject({
      isOpen: false,
      reason,
      message: expect.stringContaining(words) as string,
    })
  })
})
