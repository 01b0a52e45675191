// docs/spec/version-discovery.md: which Versions are to be there.

import type { Version } from '@sheaf/api'
import { describe, expect, it } from 'vitest'
import { decideVersions, type VersionFacts } from './decide.ts'
import type { OfferedRelease } from './release-source.ts'

const place = 'https://download.example/sheaf'
const release = (name: string, more: Partial<OfferedRelease> = {}): OfferedRelease => ({
  name,
  isoURL: `${place}/${name}/sheaf.iso`,
  isoChecksum: 'ab'.repeat(64),
  ...more,
})

function version(
  name: string,
  { isDiscovered = true, ...spec }: Partial<Version['spec']> & { isDiscovered?: boolean } = {},
): Version {
  return {
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'Version',
    metadata: {
      name,
      namespace: 'harvester-system',
      ...(isDiscovered ? { labels: { 'sheaf.io/discovered': 'true' }, annotations: { 'sheaf.io/discovered-from': place } } : {}),
    },
    spec: { isoURL: `${place}/${name}/sheaf.iso`, isoChecksum: 'ab'.repeat(64), ...spec },
  }
}

function decide(offered: readonly OfferedRelease[] | undefined, facts: Partial<VersionFacts> & { unread?: string[] } = {}) {
  const { unread = [], ...rest } = facts
  const sight = offered === undefined ? undefined : { offered, unread, problems: [] }
  const changes = decideVersions({ sight, place, versions: [], installed: '1.1.0', inUse: new Set(), ...rest })
  const names = (versions: readonly Version[]) => versions.map(({ metadata }) => metadata.name)
  return {
    made: names(changes.make),
    updated: names(changes.update),
    removed: names(changes.remove),
    passedOver: changes.passedOver,
    changes,
  }
}

describe('what is made', () => {
  it.each([
    ['newer', release('1.2.0'), true],
    ['newer, from the minimum on', release('1.2.0', { minUpgradableVersion: '1.1.0' }), true],
    ['out of reach', release('1.3.0', { minUpgradableVersion: '1.2.0' }), false],
    ['what runs', release('1.1.0'), false],
    ['older', release('1.0.0'), false],
    ['a candidate of the next', release('1.2.0-rc1'), true],
    ['older, for development', release('1.0.0', { tags: ['dev'] }), true],
    ['out of reach, for development', release('1.3.0', { minUpgradableVersion: '1.2.0', tags: ['dev'] }), true],
  ])('VD5 %s', (_, offered, isMade) => {
    const { made, passedOver } = decide([offered])
    expect(made).toEqual(isMade ? [offered.name] : [])
    expect(passedOver.map(({ name }) => name)).toEqual(isMade ? [] : [offered.name])
  })

  it('VD6 it carries the mark, and where it was found', () => {
    const [made] = decide([release('1.2.0', { releaseDate: '20270101', tags: ['beta'] })]).changes.make
    expect(made).toEqual({ ...version('1.2.0', { releaseDate: '20270101', tags: ['beta'] }) })
  })
})

describe('what is there', () => {
  it('VD6 follows what is offered, and keeps what others wrote on it', () => {
    const kept = version('1.2.0', { releaseDate: 'soon' })
    kept.metadata.labels = { ...kept.metadata.labels, mine: 'yes' }
    const { updated, made, removed, changes } = decide([release('1.2.0', { releaseDate: 'today' })], { versions: [kept] })
    expect([updated, made, removed]).toEqual([['1.2.0'], [], []])
    expect(changes.update[0]).toMatchObject({
      metadata: { labels: { mine: 'yes', 'sheaf.io/discovered': 'true' } },
      spec: { releaseDate: 'today' },
    })
  })

  it('VD6 is left alone while nothing changes', () => {
    expect(decide([release('1.2.0')], { versions: [version('1.2.0')] })).toMatchObject({ updated: [], made: [], removed: [] })
  })

  it('VD6 goes when it is withdrawn', () => {
    expect(decide([], { versions: [version('1.2.0')] }).removed).toEqual(['1.2.0'])
  })

  it.each([undefined, [release('1.1.0')]])('VD6 goes once it runs, whatever can be read', (offered) => {
    expect(decide(offered, { versions: [version('1.1.0')] }).removed).toEqual(['1.1.0'])
  })

  it('VD6 stays while an upgrade is under way that was begun with it', () => {
    const inUse = new Set(['1.1.0'])
    expect(decide([], { versions: [version('1.1.0')], inUse }).removed).toEqual([])
  })

  it('VD6 that becomes one for development stays, and follows', () => {
    const versions = [version('1.0.0', { tags: ['dev'] })]
    expect(decide([release('1.0.0', { tags: ['dev', 'new'] })], { versions })).toMatchObject({ updated: ['1.0.0'], removed: [] })
    expect(decide([release('1.0.0')], { versions }).removed).toEqual(['1.0.0'])
  })

  it('VD7 made by hand is never touched, neither by what is offered nor by age', () => {
    const versions = [
      version('1.2.0', { isDiscovered: false, isoURL: 'https://mine.example/a.iso' }),
      version('1.0.0', { isDiscovered: false }),
    ]
    for (const offered of [undefined, [], [release('1.2.0'), release('1.0.0')]])
      expect(decide(offered, { versions })).toMatchObject({ made: [], updated: [], removed: [] })
  })

  it('VD8 stays where nothing could be read', () => {
    expect(decide(undefined, { versions: [version('1.2.0')] }).removed).toEqual([])
    expect(decide([], { versions: [version('1.2.0'), version('1.3.0')], unread: ['1.2.0'] }).removed).toEqual(['1.3.0'])
  })
})
