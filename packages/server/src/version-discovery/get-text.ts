// A small file from a web server: it is asked for, and nothing is told.

import type { Clock } from '@sheaf/api/meta'
import { type HttpFetchInit, transportWords } from '@sheaf/qemu'

export interface WebPorts {
  fetch: (url: string, init: HttpFetchInit) => Promise<Response>
  clock: Pick<Clock, 'after'>
}

/** Harvester's. */
const deadlineMs = 30_000

/** The server answered, and not with the file. */
export class NotServed extends Error {}

/** Throws NotServed, or an Error in words when there was no answer. */
export async function getText(url: string, mostBytes: number, signal: AbortSignal, { fetch, clock }: WebPorts): Promise<string> {
  const late = new AbortController()
  const timer = clock.after(deadlineMs, () => late.abort(new Error(`it did not answer within ${deadlineMs / 1000} s`)))
  try {
    const response = await fetch(url, { headers: plainHeaders, signal: AbortSignal.any([signal, late.signal]) })
    if (response.status === 200) return await readUpTo(mostBytes, url, response)
    await response.body?.cancel()
    throw new NotServed(`${url} answered ${response.status}`)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof NotServed) throw error
    throw new Error(`cannot get ${url}: ${transportWords(error)}`, { cause: error })
  } finally {
    timer.cancel()
  }
}

/** Neither our version nor anything about this machine. */
const plainHeaders = { 'user-agent': 'sheaf', 'accept-encoding': 'identity' }

async function readUpTo(mostBytes: number, url: string, { body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > mostBytes) throw new NotServed(`${url} has more than ${mostBytes} bytes, which is more than it can have`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
