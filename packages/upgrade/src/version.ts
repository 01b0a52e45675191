// Versions of the software, and which may follow which. Semantic versioning's order; Harvester's rules about the way.

interface Version {
  /** major, minor, patch */
  numbers: readonly [number, number, number]
  /** `rc1`, `dev.20260101`; empty for a release. */
  prerelease: readonly string[]
}

const shape = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/

function parse(text: string): Version | undefined {
  const found = shape.exec(text)
  if (found === null) return undefined
  const [, major, minor, patch, prerelease] = found
  return {
    numbers: [Number(major), Number(minor), Number(patch)],
    // `rc10` comes after `rc2`, as Harvester counts its candidates.
    prerelease: prerelease === undefined ? [] : prerelease.split(/\.|(?<=[A-Za-z-])(?=\d)/),
  }
}

export const isVersion = (text: string): boolean => parse(text) !== undefined

/** Negative when `left` is older. Throws a RangeError when one of them is no version. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parse(left), parse(right)]
  if (a === undefined || b === undefined)
    throw new RangeError(`"${a === undefined ? left : right}" is not a version such as 1.2.3`)
  for (const [index, number] of a.numbers.entries()) {
    const difference = number - (b.numbers[index] ?? 0)
    if (difference !== 0) return difference
  }
  return comparePrereleases(a.prerelease, b.prerelease)
}

/** A release follows its own candidates. */
function comparePrereleases(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length
  for (const [index, word] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    if (word === other) continue
    const [a, b] = [wholeNumber(word), wholeNumber(other)]
    if (a !== undefined && b !== undefined) return a - b
    if (a !== undefined) return -1
    if (b !== undefined) return 1
    return word < other ? -1 : 1
  }
  return left.length - right.length
}

const wholeNumber = (word: string): number | undefined => (/^\d+$/.test(word) ? Number(word) : undefined)

export type Way =
  | { isOpen: true }
  | { isOpen: false; reason: 'NotAVersion' | 'SameVersion' | 'Downgrade' | 'TooOld'; message: string }

export interface WayFacts {
  installed: string
  target: string
  /** The oldest version that may be upgraded to the target; undefined or empty: any. */
  minUpgradable?: string | undefined
}

/** Whether there is a way from the installed version to the target, and else why not and what would work. */
export function wayTo({ installed, target, minUpgradable }: WayFacts): Way {
  for (const [what, text] of [
    ['installed version', installed],
    ['target', target],
    ['minimum upgradable version', minUpgradable || target],
  ] as const) {
    if (!isVersion(text)) return closed('NotAVersion', `the ${what} "${text}" is not a version such as 1.2.3`)
  }
  const order = compareVersions(target, installed)
  if (order === 0) return closed('SameVersion', `${target} is installed already`)
  if (order < 0)
    return closed(
      'Downgrade',
      `${target} is older than the installed ${installed}; to go back to the release before, use: sheaf upgrade rollback`,
    )
  if (minUpgradable && compareVersions(installed, minUpgradable) < 0)
    return closed(
      'TooOld',
      `${target} can be reached from ${minUpgradable} on and ${installed} is installed; upgrade to ${minUpgradable} first`,
    )
  return { isOpen: true }
}

const closed = (reason: Extract<Way, { isOpen: false }>['reason'], message: string): Way => ({ isOpen: false, reason, message })
