// What a registry says an image consists of: read from OCI's and Docker's documents. Pure.

import { PullFailed } from './pull-failed.ts'
import { digestShape } from './reference.ts'

export interface Layer {
  digest: string
  sizeBytes: number
}

export type Manifest =
  | { kind: 'image'; layers: Layer[] }
  /** One image for each kind of machine: the digest of the one for this machine. */
  | { kind: 'index'; digest: string }

export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const

/** As Docker has it: no builder makes more. */
const mostLayers = 127
/** More than any disk that this machine could store, so that a sum of sizes stays exact. */
const largestLayerBytes = 2 ** 43

/** Archives, packed or not; how is told by their first bytes. */
const layerType =
  /^application\/vnd\.(oci\.image\.layer\.v1\.tar(\+gzip|\+zstd)?|docker\.image\.rootfs\.diff\.tar(\.gzip|\.zstd|\+zstd)?)$/

/** Names of processors as registries have them. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
export const architectureOf = (nodeName: string): string => architectures[nodeName] ?? nodeName

/** Throws PullFailed for what is no image, or not one for this machine. */
export function readManifest(text: string, architecture: string): Manifest {
  const document = parse(text)
  if (document['schemaVersion'] !== 2)
    throw new PullFailed('the registry keeps it in the first version of the format, which no longer is in use; push it anew')
  const list = document['manifests']
  if (Array.isArray(list)) return { kind: 'index', digest: choose(list.filter(isRecord), architecture) }
  const layers = document['layers']
  if (!Array.isArray(layers)) throw new PullFailed('what the registry keeps under this name is no image: it has no layers')
  if (layers.length > mostLayers) throw new PullFailed(`it has ${layers.length} layers; ${mostLayers} are the most`)
  return { kind: 'image', layers: layers.map(layerOf) }
}

function parse(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new PullFailed('the registry answered with something that is no JSON instead of a manifest', { cause })
  }
  if (!isRecord(value)) throw new PullFailed('what the registry keeps under this name is no image')
  return value
}

function layerOf(value: unknown): Layer {
  const { digest, size, mediaType } = isRecord(value) ? value : {}
  if (typeof mediaType !== 'string' || !layerType.test(mediaType))
    throw new PullFailed(`it has a part of type ${JSON.stringify(mediaType)}; disks come in layers, which are tar archives`)
  if (typeof digest !== 'string' || !digestShape.test(digest))
    throw new PullFailed(`it names a layer by ${JSON.stringify(digest)}; sha256 is what is understood`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || size > largestLayerBytes)
    throw new PullFailed(`it says of a layer that it has ${JSON.stringify(size)} bytes`)
  return { digest, sizeBytes: size }
}

function choose(entries: readonly Record<string, unknown>[], architecture: string): string {
  const choices = entries.map((entry) => ({ digest: String(entry['digest']), ...platformOf(entry) }))
  const found =
    choices.find((each) => each.architecture === architecture && (each.os === 'linux' || each.os === '')) ??
    (choices.length === 1 && choices[0]?.architecture === '' ? choices[0] : undefined)
  if (found === undefined) {
    const offered = choices.filter(({ os }) => os !== 'unknown').map((each) => `${each.os}/${each.architecture}`)
    throw new PullFailed(
      `there is none for linux/${architecture}, which this machine is; only for ${offered.join(', ') || 'none'}`,
    )
  }
  if (!digestShape.test(found.digest)) throw new PullFailed(`it names an image by ${found.digest}; sha256 is what is understood`)
  return found.digest
}

function platformOf(entry: Record<string, unknown>): { os: string; architecture: string } {
  const platform = isRecord(entry['platform']) ? entry['platform'] : {}
  const text = (key: string): string => (typeof platform[key] === 'string' ? platform[key] : '')
  return { os: text('os'), architecture: text('architecture') }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
