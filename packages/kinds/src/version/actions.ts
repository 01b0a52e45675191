// What can be asked of releases: which this machine can be upgraded to, and why not to the others.

import { harvesterSystemNamespace, type Version, versionDefinition } from '@sheaf/api'
import type { RequestAction } from '@sheaf/machinery/kind'
import { compareVersions, isVersion } from '@sheaf/upgrade'
import type { Ports } from '../ports.ts'
import { jsonAnswer } from '../subresources.ts'
import type { Platform } from '../upgrade/platform.ts'
import { isDiscovered, whyNotUpgradable } from './decide.ts'
import type { VersionDiscovery } from './discovery.ts'

export interface VersionActionPorts extends Pick<Ports, 'client'> {
  platform: Pick<Platform, 'installed'>
  discovery: VersionDiscovery
}

export interface ToldVersion {
  name: string
  canBeUpgradedTo: boolean
  /** Why not. */
  why?: string
  /** It was found, not made by hand. */
  isDiscovered: boolean
  isoURL?: string
  releaseDate?: string
  minUpgradableVersion?: string
}

const ours = { group: 'subresources.sheaf.io', versions: ['v1'], kind: 'request', action: 'upgrades/versions' } as const

export function versionActions(ports: VersionActionPorts): RequestAction[] {
  return [
    { ...ours, method: 'GET', run: async () => jsonAnswer(await told(ports)) },
    {
      ...ours,
      method: 'PUT',
      /** Looks first. */
      async run() {
        await ports.discovery.look()
        return jsonAnswer(await told(ports))
      },
    },
  ]
}

async function told({ client, platform, discovery }: VersionActionPorts) {
  const installed = platform.installed().version
  const { items } = await client.resource<Version>(versionDefinition).list({ namespace: harvesterSystemNamespace })
  const versions = items.map((version) => toldOf(version, installed))
  const look = discovery.last()
  const passedOver = (look?.passedOver ?? []).filter(({ name }) => !versions.some((version) => version.name === name))
  return {
    installed,
    versions: [
      ...versions,
      ...passedOver.map(({ name, why }): ToldVersion => ({ name, canBeUpgradedTo: false, why, isDiscovered: true })),
    ].toSorted(newestFirst),
    // Nobody looks where it is not wanted.
    ...(discovery.place === undefined ? {} : { source: sourceOf(discovery) }),
  }
}

function sourceOf(discovery: VersionDiscovery) {
  const look = discovery.last()
  return {
    place: discovery.place,
    ...(look === undefined ? {} : { lookedAt: new Date(look.atMs).toISOString() }),
    problems: look?.problems ?? [],
  }
}

function toldOf(version: Version, installed: string): ToldVersion {
  const name = version.metadata.name ?? ''
  const { isoURL, releaseDate, minUpgradableVersion } = version.spec
  const why = whyNotUpgradable({ ...version.spec, name }, installed)
  return {
    name,
    canBeUpgradedTo: why === undefined,
    ...(why === undefined ? {} : { why }),
    isDiscovered: isDiscovered(version),
    isoURL,
    ...(releaseDate === undefined ? {} : { releaseDate }),
    ...(minUpgradableVersion === undefined ? {} : { minUpgradableVersion }),
  }
}

function newestFirst({ name: a }: ToldVersion, { name: b }: ToldVersion): number {
  if (isVersion(a) && isVersion(b)) return compareVersions(b, a)
  return isVersion(a) === isVersion(b) ? (a < b ? -1 : 1) : isVersion(a) ? -1 : 1
}
