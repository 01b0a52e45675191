// `versions.json` beside published releases: which there are. In the shape of the answer that Harvester asks its upgrade responder
// for.

import { isVersion } from '@sheaf/upgrade'

export interface IndexEntry {
  name: string
  releaseDate?: string
  minUpgradableVersion?: string
  tags?: string[]
}

export interface VersionIndex {
  entries: IndexEntry[]
  problems: string[]
}

/** Years of releases. Each of them is a request. */
export const mostVersions = 100

/** Throws an Error when it is no index at all; an entry that is none is left out and told. */
export function parseIndex(text: string): VersionIndex {
  const said: unknown = parseJson(text)
  const versions = isRecord(said) ? said['versions'] : undefined
  if (!Array.isArray(versions)) throw new Error('it is no index of releases: {"versions": [{"name": "1.2.0"}]}')
  const problems: string[] = []
  const entries = versions.slice(0, mostVersions).flatMap((entry: unknown, index) => {
    const found = entryOf(entry)
    if (found === undefined) problems.push(`entry ${index} is left out: it needs a name such as 1.2.0, and texts for all else`)
    return found ?? []
  })
  if (versions.length > mostVersions)
    problems.push(`${versions.length} releases are listed and the first ${mostVersions} are looked at`)
  return { entries, problems }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('it is not JSON', { cause })
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function entryOf(said: unknown): IndexEntry | undefined {
  if (!isRecord(said)) return undefined
  const { name, releaseDate, minUpgradableVersion, tags } = said
  // It becomes a part of an address.
  if (typeof name !== 'string' || !isVersion(name)) return undefined
  if (![releaseDate, minUpgradableVersion].every(isTextOrNothing)) return undefined
  if (!(tags === undefined || tags === null || (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'))))
    return undefined
  return {
    name,
    ...(typeof releaseDate === 'string' && releaseDate !== '' ? { releaseDate } : {}),
    ...(typeof minUpgradableVersion === 'string' && minUpgradableVersion !== '' ? { minUpgradableVersion } : {}),
    ...(tags ? { tags } : {}),
  }
}

const isTextOrNothing = (value: unknown): boolean => value === undefined || value === null || typeof value === 'string'
