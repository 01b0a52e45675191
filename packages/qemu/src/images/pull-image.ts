// Brings an image here: asks what it consists of, downloads what is missing, unpacks it, and lets it appear whole.

import { stat } from 'node:fs/promises'
import { ByTurns } from '../by-turns.ts'
import { errorCode } from '../durable-file.ts'
import { downloadLayer, forgetLayer, layerPath } from './download-layer.ts'
import type { Layer } from './manifest.ts'
import type { NetworkPorts } from './network.ts'
import { diskFull, PullFailed } from './pull-failed.ts'
import type { PulledImages, ReferenceRecord } from './pulled-images.ts'
import { type ImageReference, referenceText } from './reference.ts'
import { endpointsOf, type RegistrySettings } from './registry-endpoints.ts'
import type { RegistryLogin } from './registry-login.ts'
import { openRegistrySession, type RegistrySession } from './registry-session.ts'
import { askDigest, type ResolvedImage, resolveImage } from './resolve-image.ts'
import { assertRoom, watchRoom } from './room.ts'
import { allowanceOfImage, unpackLayer } from './unpack-layer.ts'

export interface PullerPorts extends NetworkPorts {
  images: PulledImages
  settings: RegistrySettings
  /** As registries call it: `amd64`. */
  architecture: string
}

export interface Pull {
  reference: ImageReference
  logins: readonly RegistryLogin[]
  /** When it was asked for. */
  askedAtMs: number
  onProgress(receivedBytes: number, totalBytes: number): void
}

/** Pulls that share layers share their downloads. Throws PullFailed. */
export function createPull(ports: PullerPorts): (pull: Pull) => Promise<ReferenceRecord> {
  const turns = new ByTurns()
  const uses = new Map<string, number>()

  async function pullImage(pull: Pull): Promise<ReferenceRecord> {
    const failures: PullFailed[] = []
    for (const endpoint of endpointsOf(pull.reference.host, ports.settings)) {
      try {
        return await pullFrom(openRegistrySession(endpoint, pull.reference.repository, pull.logins, ports), pull)
      } catch (error) {
        ports.signal.throwIfAborted()
        if (errorCode(error) === 'ENOSPC') throw diskFull(ports.images.downloads, error)
        if (!(error instanceof PullFailed)) throw error
        failures.push(error)
      }
    }
    // The registry itself was asked last; its mirrors may fail as they like.
    throw failures.at(-1) ?? new PullFailed(`there is nobody to ask for images of ${pull.reference.host}`)
  }

  async function pullFrom(registry: RegistrySession, pull: Pull): Promise<ReferenceRecord> {
    const { clock, images, architecture } = ports
    const beganAtMs = clock.now()
    const reference = referenceText(pull.reference)
    const known = await images.find(reference)
    const took = (): Pick<ReferenceRecord, 'checkedAtMs' | 'pullMs' | 'pullWithWaitMs'> => {
      const now = clock.now()
      return { checkedAtMs: beganAtMs, pullMs: now - beganAtMs, pullWithWaitMs: now - pull.askedAtMs }
    }
    if (known !== undefined && (await askDigest(pull.reference, registry)) === known.referenceDigest)
      return keep({ ...known, ...took() })
    const resolved = await resolveImage(pull.reference, registry, architecture)
    await turns.run(resolved.digest, async () => {
      if ((await images.imageOf(resolved.digest)) === undefined) await bring(resolved, registry, pull)
    })
    const { digest, referenceDigest } = resolved
    return keep({ reference, referenceDigest, digest, ...took() })
  }

  async function keep(record: ReferenceRecord): Promise<ReferenceRecord> {
    await ports.images.record(record)
    return record
  }

  async function bring({ digest, layers }: ResolvedImage, registry: RegistrySession, pull: Pull): Promise<void> {
    const { images, clock, signal } = ports
    const once = [...new Map(layers.map((layer) => [layer.digest, layer])).values()]
    const packedBytes = sizeOf(once)
    for (const layer of once) uses.set(layer.digest, (uses.get(layer.digest) ?? 0) + 1)
    try {
      await assertRoom(images.downloads, packedBytes - (await bytesHere(once, images.downloads)))
      await download(once, packedBytes, registry, pull)
      const wrote = watchRoom(images.downloads)
      await images.add({ digest, packedBytes, pulledAtMs: clock.now() }, async (root) => {
        const allowance = allowanceOfImage()
        for (const layer of layers) await unpackLayer(layerPath(images.downloads, layer), { root, allowance, wrote, signal })
      })
      await release(once, 'forget')
    } catch (error) {
      // What was downloaded is gone on with at the next try, unless it is in the way or no good.
      const isOfUse = error instanceof PullFailed && error.isTransient
      await release(once, isOfUse || signal.aborted ? 'keep' : 'forget')
      throw error
    }
  }

  async function download(layers: readonly Layer[], totalBytes: number, registry: RegistrySession, pull: Pull): Promise<void> {
    let before = 0
    for (const layer of layers) {
      const onProgress = (bytes: number): void => pull.onProgress(before + bytes, totalBytes)
      await turns.run(layer.digest, () => downloadLayer(layer, ports.images.downloads, { ...ports, registry, onProgress }))
      before += layer.sizeBytes
    }
  }

  async function release(layers: readonly Layer[], fate: 'keep' | 'forget'): Promise<void> {
    for (const layer of layers) {
      const left = (uses.get(layer.digest) ?? 1) - 1
      if (left > 0) uses.set(layer.digest, left)
      else uses.delete(layer.digest)
      if (left <= 0 && fate === 'forget') await forgetLayer(layer, ports.images.downloads)
    }
  }

  return pullImage
}

const sizeOf = (layers: readonly Layer[]): number => layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)

async function bytesHere(layers: readonly Layer[], folder: string): Promise<number> {
  let bytes = 0
  for (const layer of layers)
    for (const path of [layerPath(folder, layer), `${layerPath(folder, layer)}.unfinished`])
      bytes += (await stat(path).catch(() => undefined))?.size ?? 0
  return bytes
}
