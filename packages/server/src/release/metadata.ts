// `release.yaml`: what a release says of itself.

import { parse, stringify } from 'yaml'

export interface ReleaseMetadata {
  /** Semantic version. */
  version: string
  /** RFC 3339. */
  releaseDate: string
  /** RFC 3339. After this it is not installed any more. */
  expires?: string
  /** The oldest version that may be upgraded to it. */
  minUpgradableVersion?: string
  /** The oldest supervisor that can start it. */
  minSupervisorVersion?: string
  /** What may go wrong, and what to do about it. */
  knownRisks: readonly KnownRisk[]
  /** What it rewrites in the store, by name, in their order. */
  migrations: readonly string[]
  /** Markdown, by language. */
  notes: { en: string; zh: string }
  payload: {
    /** In the ISO: one compressed archive of the whole program. */
    path: string
    /** What it takes once it is unpacked. */
    unpackedBytes: number
    unpackedFiles: number
  }
}

export interface KnownRisk {
  id: string
  summary: string
  mend: string
}

export class MetadataInvalid extends Error {}

export const metadataText = (metadata: ReleaseMetadata): string => stringify(metadata)

/** Throws MetadataInvalid, which names the field. What it does not know it leaves: a newer release may say more. */
export function parseMetadata(text: string): ReleaseMetadata {
  const said: unknown = parseYaml(text)
  if (!isRecord(said)) throw new MetadataInvalid('release.yaml is not a mapping')
  const payload = recordIn(said, 'payload')
  const notes = recordIn(said, 'notes')
  return {
    version: textIn(said, 'version'),
    releaseDate: timeIn(said, 'releaseDate'),
    ...optional('expires', said, timeIn),
    ...optional('minUpgradableVersion', said, textIn),
    ...optional('minSupervisorVersion', said, textIn),
    knownRisks: listIn(said, 'knownRisks').map(riskOf),
    migrations: listIn(said, 'migrations').map((name) => {
      if (typeof name !== 'string') throw new MetadataInvalid('release.yaml: migrations are names')
      return name
    }),
    notes: { en: textIn(notes, 'en'), zh: textIn(notes, 'zh') },
    payload: {
      path: textIn(payload, 'path'),
      unpackedBytes: numberIn(payload, 'unpackedBytes'),
      unpackedFiles: numberIn(payload, 'unpackedFiles'),
    },
  }
}

type Said = Record<string, unknown>

const isRecord = (value: unknown): value is Said => typeof value === 'object' && value !== null && !Array.isArray(value)

function parseYaml(text: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    throw new MetadataInvalid('release.yaml is not YAML', { cause })
  }
}

function riskOf(value: unknown): KnownRisk {
  if (!isRecord(value)) throw new MetadataInvalid('release.yaml: a known risk has an id, a summary and what to do about it')
  return { id: textIn(value, 'id'), summary: textIn(value, 'summary'), mend: textIn(value, 'mend') }
}

function recordIn(said: Said, key: string): Said {
  const value = said[key]
  if (!isRecord(value)) throw new MetadataInvalid(`release.yaml: ${key} is missing or is no mapping`)
  return value
}

function textIn(said: Said, key: string): string {
  const value = said[key]
  if (typeof value !== 'string' || value === '') throw new MetadataInvalid(`release.yaml: ${key} is missing or is no text`)
  return value
}

function timeIn(said: Said, key: string): string {
  const text = textIn(said, key)
  if (Number.isNaN(Date.parse(text))) throw new MetadataInvalid(`release.yaml: ${key} is no time: ${text}`)
  return text
}

function numberIn(said: Said, key: string): number {
  const value = said[key]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new MetadataInvalid(`release.yaml: ${key} is missing or is no count`)
  return value
}

function listIn(said: Said, key: string): readonly unknown[] {
  const value = said[key] ?? []
  if (!Array.isArray(value)) throw new MetadataInvalid(`release.yaml: ${key} is no list`)
  return value
}

function optional<K extends string>(key: K, said: Said, read: (said: Said, key: string) => string): Partial<Record<K, string>> {
  return said[key] === undefined ? {} : ({ [key]: read(said, key) } as Partial<Record<K, string>>)
}
