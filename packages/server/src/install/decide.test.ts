import { describe, expect, it } from 'vitest'
import { decideInstall, type InstallWish } from './decide.ts'

const wish: InstallWish = {
  prefix: '/opt/sheaf',
  dataFolder: '/var/lib/sheaf',
  version: '1.1.0',
  installed: undefined,
  strangeEntry: undefined,
  isServing: false,
  allowsDowngrade: false,
}

describe('UP1 an installation', () => {
  it.each<[string, Partial<InstallWish>, object]>([
    ['into an empty folder is the first', {}, { kind: 'first' }],
    ['of the same release mends', { installed: '1.1.0', isServing: true }, { kind: 'repair' }],
    ['of a newer release replaces', { installed: '1.0.0' }, { kind: 'replace', previous: '1.0.0' }],
    [
      'of an older release replaces when that is allowed',
      { installed: '1.2.0', allowsDowngrade: true },
      { kind: 'replace', previous: '1.2.0' },
    ],
  ])('%s', (_, change, decision) => {
    expect(decideInstall({ ...wish, ...change })).toEqual(decision)
  })

  it.each<[string, Partial<InstallWish>, string]>([
    ['an older release', { installed: '1.2.0' }, 'use: sheaf upgrade rollback'],
    ['another release while a server serves', { installed: '1.0.0', isServing: true }, 'use: sheaf upgrade start'],
    ['a folder of something else', { strangeEntry: 'etc' }, '/opt/sheaf holds something else (etc)'],
    ['data within the program', { dataFolder: '/opt/sheaf/data' }, 'must not lie in one another'],
    ['a program within the data', { prefix: '/var/lib/sheaf/bin' }, 'must not lie in one another'],
    ['a release without a version', { version: 'latest' }, 'is not a version'],
  ])('refuses %s', (_, change, why) => {
    expect(decideInstall({ ...wish, ...change })).toEqual({ kind: 'refuse', why: expect.stringContaining(why) })
  })
})
