// `<name>/version.yaml` beside published releases: a Version as it would be written by hand.

import type { OfferedRelease } from '@sheaf/kinds'
import { isVersion } from '@sheaf/upgrade'
import { parse } from 'yaml'

/** A few lines. */
export const mostManifestBytes = 64 * 1024

/** For machines of this sort, as Harvester calls it. */
export const manifestName = (architecture: string): string => (architecture === 'arm64' ? 'version-arm64.yaml' : 'version.yaml')

/** `base`: where it was read, which an address in it may be relative to. Throws an Error that says what is wrong with it. */
export function parseManifest(text: string, base: string): OfferedRelease {
  const said = parseYaml(text)
  if (textIn(said, 'kind') !== 'Version' || !textIn(said, 'apiVersion')?.startsWith('harvesterhci.io/'))
    throw new Error('it is no Version of harvesterhci.io')
  const name = textIn(recordIn(said, 'metadata'), 'name') ?? ''
  if (!isVersion(name)) throw new Error(`its name "${name}" is not a version such as 1.2.0`)
  const spec = recordIn(said, 'spec')
  const [address, isoChecksum] = [textIn(spec, 'isoURL'), textIn(spec, 'isoChecksum')]
  // As Harvester: whoever announces a release says what its bytes are.
  if (!address || !isoChecksum) throw new Error('spec.isoURL and spec.isoChecksum have to be there')
  const isoUrl = URL.parse(address, base)
  if (isoUrl === null) throw new Error(`spec.isoURL "${address}" is no address`)
  if (isoUrl.protocol === 'file:' && !base.startsWith('file:'))
    throw new Error('spec.isoURL names a file of this machine, which nobody elsewhere can know')
  const [releaseDate, minUpgradableVersion] = [textIn(spec, 'releaseDate'), textIn(spec, 'minUpgradableVersion')]
  const tags = Array.isArray(spec['tags']) ? spec['tags'].filter((tag) => typeof tag === 'string') : undefined
  return {
    name,
    isoURL: isoUrl.href,
    isoChecksum,
    ...(releaseDate ? { releaseDate } : {}),
    ...(minUpgradableVersion ? { minUpgradableVersion } : {}),
    ...(tags ? { tags } : {}),
  }
}

type Said = Record<string, unknown>

function parseYaml(text: string): Said {
  let said: unknown
  try {
    said = parse(text)
  } catch (cause) {
    throw new Error('it is not YAML', { cause })
  }
  if (isRecord(said)) return said
  throw new Error('it is no mapping')
}

const isRecord = (value: unknown): value is Said => typeof value === 'object' && value !== null && !Array.isArray(value)

const recordIn = (said: Said, key: string): Said => {
  const value = said[key]
  return isRecord(value) ? value : {}
}

const textIn = (said: Said, key: string): string | undefined => {
  const value = said[key]
  return typeof value === 'string' ? value : undefined
}
