// Which Versions are to be there, given what is offered. What somebody made by hand is never touched. Pure.

import { developmentTag, harvesterSystemNamespace, type Version, versionDefinition, versionMarks } from '@sheaf/api'
import { apiVersionOf } from '@sheaf/api/meta'
import { wayTo } from '@sheaf/upgrade'
import type { OfferedRelease, SourceSight } from './release-source.ts'

export interface VersionFacts {
  /** Undefined: it could not be read, so nothing is known of what is offered now. */
  sight: SourceSight | undefined
  /** Where that was. */
  place: string
  /** All there are. */
  versions: readonly Version[]
  /** The version that runs. */
  installed: string
  /** Names of the Versions that an upgrade under way was begun with. */
  inUse: ReadonlySet<string>
}

export interface VersionChanges {
  make: readonly Version[]
  update: readonly Version[]
  remove: readonly Version[]
  /** What is offered and no Version is made of. */
  passedOver: readonly { name: string; why: string }[]
}

export const isDiscovered = ({ metadata }: Version): boolean => metadata.labels?.[versionMarks.discovered] === 'true'

/** Harvester's rule: newer than what runs, which is new enough for it; marked for development, whatever the versions are. */
export function whyNotUpgradable(
  { name, minUpgradableVersion, tags }: Pick<OfferedRelease, 'name' | 'minUpgradableVersion' | 'tags'>,
  installed: string,
): string | undefined {
  if (tags?.includes(developmentTag)) return undefined
  const way = wayTo({ installed, target: name, minUpgradable: minUpgradableVersion })
  return way.isOpen ? undefined : way.message
}

export function decideVersions({ sight, place, versions, installed, inUse }: VersionFacts): VersionChanges {
  const offered = sight?.offered ?? []
  const wanted = offered.filter((release) => whyNotUpgradable(release, installed) === undefined)
  const existing = new Map(versions.map((version) => [nameOf(version), version]))
  const update = wanted.flatMap((release) => {
    const version = existing.get(release.name)
    return version !== undefined && isDiscovered(version) ? (changed(version, versionFor(release, place)) ?? []) : []
  })
  const wantedNames = new Set(wanted.map(({ name }) => name))
  /** Where nothing is known of what is offered now, only what the Version itself says counts. */
  const isGone = (version: Version): boolean => {
    const name = nameOf(version)
    if (wantedNames.has(name) || inUse.has(name)) return false
    if (whyNotUpgradable({ ...version.spec, name }, installed) !== undefined) return true
    return sight !== undefined && !sight.unread.includes(name)
  }
  return {
    make: wanted.filter(({ name }) => !existing.has(name)).map((release) => versionFor(release, place)),
    update,
    remove: versions.filter((version) => isDiscovered(version) && isGone(version)),
    passedOver: offered.flatMap((release) => {
      const why = whyNotUpgradable(release, installed)
      return why === undefined ? [] : [{ name: release.name, why }]
    }),
  }
}

const nameOf = ({ metadata }: Version): string => metadata.name ?? ''

function versionFor({ name, tags, ...said }: OfferedRelease, place: string): Version {
  return {
    apiVersion: apiVersionOf(versionDefinition),
    kind: versionDefinition.kind,
    metadata: {
      name,
      namespace: harvesterSystemNamespace,
      labels: { [versionMarks.discovered]: 'true' },
      annotations: { [versionMarks.discoveredFrom]: place },
    },
    spec: { ...said, ...(tags === undefined ? {} : { tags: [...tags] }) },
  }
}

/** Undefined when it says so already. Labels and annotations of others stay. */
function changed(version: Version, wanted: Version): Version | undefined {
  const from = version.metadata.annotations?.[versionMarks.discoveredFrom]
  if (from === wanted.metadata.annotations?.[versionMarks.discoveredFrom] && isSameSpec(version.spec, wanted.spec))
    return undefined
  const annotations = { ...version.metadata.annotations, ...wanted.metadata.annotations }
  return { ...version, metadata: { ...version.metadata, annotations }, spec: wanted.spec }
}

function isSameSpec(left: Version['spec'], right: Version['spec']): boolean {
  const fields = ['isoURL', 'isoChecksum', 'releaseDate', 'minUpgradableVersion', 'tags'] as const
  return fields.every((field) => JSON.stringify(left[field]) === JSON.stringify(right[field]))
}
