// Brings one layer onto the disk, from where an earlier try left off. Its name is its digest, so that what lies there
// says for itself what it is to become; it has its final name only when every byte has been checked.

import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncPath } from '../durable-file.ts'
import type { Layer } from './manifest.ts'
import { type NetworkPorts, pause } from './network.ts'
import { networkFailure, PullFailed } from './pull-failed.ts'
import type { RegistrySession } from './registry-session.ts'

/** Tries in a row that brought nothing. One that brought something begins the count anew. */
const mostFruitlessTries = 4
const firstPauseMs = 500

export interface DownloadPorts extends NetworkPorts {
  registry: RegistrySession
  /** Told how many bytes are there. */
  onProgress(bytes: number): void
}

/** Where a layer lies, whole. Its name tells what it must contain. */
export const layerPath = (folder: string, { digest }: Layer): string => join(folder, digest.replace('sha256:', ''))

export async function downloadLayer(layer: Layer, folder: string, ports: DownloadPorts): Promise<string> {
  const path = layerPath(folder, layer)
  const unfinished = `${path}.unfinished`
  if (!(await isWhole(path, layer))) {
    await fetchInto(unfinished, layer, ports)
    await rename(unfinished, path)
    await syncPath(dirname(path))
  }
  ports.onProgress(layer.sizeBytes)
  return path
}

async function isWhole(path: string, { sizeBytes }: Layer): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.size === sizeBytes
}

interface Draft {
  file: FileHandle
  hash: Hash
  bytes: number
}

async function fetchInto(path: string, layer: Layer, ports: DownloadPorts): Promise<void> {
  await using file = await open(path, 'a+', 0o600)
  const draft: Draft = { file, hash: createHash('sha256'), bytes: 0 }
  await readBack(path, draft)
  let isOfThisPull = draft.bytes === 0
  for (let fruitless = 0; ; ) {
    const before = draft.bytes
    try {
      if (draft.bytes > layer.sizeBytes) await startOver(draft)
      if (draft.bytes < layer.sizeBytes) await receive(draft, layer, ports)
      if (hasDigest(draft, layer)) return await file.sync()
      await startOver(draft)
      // What lay there from before may have suffered in a power cut; what came just now may not be wrong.
      if (isOfThisPull) throw wrongDigest(layer, ports)
      isOfThisPull = true
    } catch (error) {
      ports.signal.throwIfAborted()
      const failure = ofNetwork(error, ports)
      fruitless = draft.bytes > before ? 0 : fruitless + 1
      if (!(failure instanceof PullFailed) || !failure.isTransient || fruitless === mostFruitlessTries) throw failure
      await pause(firstPauseMs * 2 ** fruitless, ports)
    }
  }
}

const hasDigest = ({ hash }: Draft, { digest }: Layer): boolean => `sha256:${hash.copy().digest('hex')}` === digest

const wrongDigest = ({ digest }: Layer, { registry }: DownloadPorts): PullFailed =>
  new PullFailed(`${registry.host} sent something else than the layer ${digest}: its sha256 is another`)

/** The disk's trouble is not the network's. */
function ofNetwork(error: unknown, { registry }: DownloadPorts): unknown {
  const isOfDisk = error instanceof Error && 'syscall' in error && (error.syscall === 'write' || error.syscall === 'fsync')
  return isOfDisk ? error : networkFailure(registry.host, error)
}

async function readBack(path: string, draft: Draft): Promise<void> {
  for await (const chunk of createReadStream(path)) {
    draft.hash.update(chunk as Buffer)
    draft.bytes += (chunk as Buffer).length
  }
}

async function startOver(draft: Draft): Promise<void> {
  await draft.file.truncate(0)
  draft.hash = createHash('sha256')
  draft.bytes = 0
}

/** Throws when the answer ends before the layer does; what has come stays. */
async function receive(draft: Draft, layer: Layer, ports: DownloadPorts): Promise<void> {
  const response = await ports.registry.ask({
    method: 'GET',
    path: `blobs/${layer.digest}`,
    what: `the layer ${layer.digest}`,
    ...(draft.bytes === 0 ? {} : { headers: { range: `bytes=${draft.bytes}-` } }),
  })
  // A registry that knows no ranges sends all of it again.
  if (draft.bytes > 0 && !continuesAt(draft.bytes, response)) await startOver(draft)
  for await (const chunk of response.body ?? []) {
    if (draft.bytes + chunk.length > layer.sizeBytes)
      throw new PullFailed(`${ports.registry.host} sent more than the ${layer.sizeBytes} bytes of the layer ${layer.digest}`)
    await draft.file.appendFile(chunk)
    draft.hash.update(chunk)
    draft.bytes += chunk.length
    ports.onProgress(draft.bytes)
  }
  if (draft.bytes < layer.sizeBytes)
    throw new PullFailed(
      `${ports.registry.host} sent ${draft.bytes} of the ${layer.sizeBytes} bytes of the layer ${layer.digest} and no more`,
      { isTransient: true },
    )
}

function continuesAt(offset: number, { status, headers }: Response): boolean {
  return status === 206 && headers.get('content-range')?.startsWith(`bytes ${offset}-`) === true
}

/** What nobody is going to need any more. */
export async function forgetLayer(layer: Layer, folder: string): Promise<void> {
  const path = layerPath(folder, layer)
  await Promise.all([path, `${path}.unfinished`].map((each) => rm(each, { force: true })))
}
