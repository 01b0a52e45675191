// From a reference to the layers of the image for this machine.

import { createHash } from 'node:crypto'
import { type Layer, manifestTypes, readManifest } from './manifest.ts'
import { PullFailed } from './pull-failed.ts'
import { digestShape, type ImageReference } from './reference.ts'
import { type RegistrySession, textOf } from './registry-session.ts'

export interface ResolvedImage {
  /** Of what the reference names: an image, or a list of images for several kinds of machines. */
  referenceDigest: string
  /** Of the image for this machine. */
  digest: string
  layers: readonly Layer[]
}

/** As registries limit what they take. */
const mostManifestBytes = 4 * 1024 * 1024

const accept = { accept: manifestTypes.join(', ') }

/** What the reference names now, when the registry tells it without more; it counts such questions less. */
export async function askDigest(reference: ImageReference, registry: RegistrySession): Promise<string | undefined> {
  const { headers } = await registry.ask({ method: 'HEAD', headers: accept, ...named(versionOf(reference), reference) })
  const digest = headers.get('docker-content-digest') ?? ''
  return digestShape.test(digest) ? digest : undefined
}

export async function resolveImage(
  reference: ImageReference,
  registry: RegistrySession,
  architecture: string,
): Promise<ResolvedImage> {
  const first = await fetchManifest(versionOf(reference), reference, registry)
  const manifest = readManifest(first.text, architecture)
  if (manifest.kind === 'image') return { referenceDigest: first.digest, digest: first.digest, layers: manifest.layers }
  const second = await fetchManifest(manifest.digest, reference, registry)
  const image = readManifest(second.text, architecture)
  if (image.kind === 'index') throw new PullFailed('it is a list of lists of images, which nobody can choose from')
  return { referenceDigest: first.digest, digest: second.digest, layers: image.layers }
}

async function fetchManifest(
  version: string,
  reference: ImageReference,
  registry: RegistrySession,
): Promise<{ text: string; digest: string }> {
  const response = await registry.ask({ method: 'GET', headers: accept, ...named(version, reference) })
  const text = await textOf(response, mostManifestBytes)
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
  if (digestShape.test(version) && digest !== version)
    throw new PullFailed(`${registry.host} was asked for the manifest ${version} and sent another, ${digest}`)
  return { text, digest }
}

const versionOf = ({ version }: ImageReference): string => (version.kind === 'tag' ? version.tag : version.digest)

const named = (version: string, { repository }: ImageReference): { path: string; what: string } => ({
  path: `manifests/${version}`,
  what: `the manifest ${version} of ${repository}`,
})
