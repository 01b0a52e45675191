// Brings a file here over HTTP, from where it was left off, and over every break of the connection as long as each try brings
// it further than it ever was.

import { assertRoom, DiskRefused, type HttpFetchInit, PullFailed, transportWords } from '@sheaf/qemu'
import type { Draft, Origin } from './draft.ts'

export interface DownloadPorts {
  fetch: (url: string, init: HttpFetchInit) => Promise<Response>
  /** Ends it; what has come stays. */
  signal: AbortSignal
  /** The folder whose disk it takes room on. */
  folder: string
  onProgress(receivedBytes: number, totalBytes: number | undefined): void
}

export interface DownloadSource {
  url: string
  sha512: string | undefined
}

/** Resolves when all of it is in the draft; whether it is what was meant is another question. */
export async function downloadInto(draft: Draft, source: DownloadSource, ports: DownloadPorts): Promise<void> {
  if (draft.origin?.url !== source.url) await draft.startOver({ url: source.url })
  for (let furthest = draft.bytes; ; ) {
    try {
      return await receive(draft, source, ports)
    } catch (error) {
      ports.signal.throwIfAborted()
      const wentOn = draft.bytes > furthest
      furthest = Math.max(furthest, draft.bytes)
      if (!(error instanceof Interrupted)) throw error
      if (!wentOn) throw new PullFailed(error.message, { cause: error })
    }
  }
}

/** The connection's trouble: what is missing can be asked for again. */
class Interrupted extends Error {}

async function receive(draft: Draft, source: DownloadSource, ports: DownloadPorts): Promise<void> {
  try {
    const response = await ports.fetch(source.url, { headers: headersFor(draft, source), signal: ports.signal })
    const totalBytes = await placeAnswer(draft, source.url, response)
    if (totalBytes !== undefined) await assertRoom(ports.folder, totalBytes - draft.bytes)
    ports.onProgress(draft.bytes, totalBytes)
    for await (const chunk of response.body ?? []) {
      if (totalBytes !== undefined && draft.bytes + chunk.length > totalBytes)
        throw new PullFailed(`${source.url} sent more than the ${totalBytes} bytes that it had announced`)
      await draft.append(chunk)
      ports.onProgress(draft.bytes, totalBytes)
    }
    if (totalBytes !== undefined && draft.bytes < totalBytes)
      throw new Interrupted(`${source.url} sent ${draft.bytes} of ${totalBytes} bytes and no more`)
  } catch (error) {
    throw inWords(error, source.url)
  }
}

function headersFor({ bytes, origin }: Draft, { sha512 }: DownloadSource): Record<string, string> {
  // Bytes are counted as the file has them, not as they travel.
  const plain = { 'accept-encoding': 'identity' }
  const validator = origin?.validator
  // Without a word of the server by which to know the file again, only a checksum tells whether the rest belongs to it.
  if (bytes === 0 || (validator === undefined && sha512 === undefined)) return plain
  return { ...plain, range: `bytes=${bytes}-`, ...(validator === undefined ? {} : { 'if-range': validator }) }
}

/** Makes the draft end where the answer begins. Answers how many bytes the file has, as far as the server says. */
async function placeAnswer(draft: Draft, url: string, response: Response): Promise<number | undefined> {
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
  if (response.status === 206 && Number(range?.[1]) === draft.bytes) return Number(range?.[2])
  if (response.status === 206 || response.status === 416) {
    await draft.startOver({ url })
    throw new Interrupted(`${url} does not have the rest of what it sent before`)
  }
  if (response.status !== 200) throw new PullFailed(`got ${response.status} status code from ${url}`)
  await draft.startOver(originOf(url, response))
  return draft.origin?.totalBytes
}

function originOf(url: string, { headers }: Response): Origin {
  // Packed although it was not asked for: its length and its ranges are not those of the file.
  if (headers.has('content-encoding')) return { url }
  const tag = headers.get('etag')
  // A weak tag does not promise the same bytes.
  const validator = tag !== null && !tag.startsWith('W/') ? tag : headers.get('last-modified')
  const length = headers.get('content-length')
  return {
    url,
    ...(validator === null ? {} : { validator }),
    ...(length === null ? {} : { totalBytes: Number(length) }),
  }
}

function inWords(error: unknown, url: string): unknown {
  const isOurs = error instanceof PullFailed || error instanceof Interrupted || error instanceof DiskRefused
  const isOfDisk = error instanceof Error && 'syscall' in error && ['write', 'fsync', 'open'].includes(String(error.syscall))
  return isOurs || isOfDisk ? error : new Interrupted(`cannot get ${url}: ${transportWords(error)}`)
}
