// An HTTP server for downloads, with the faults that networks have.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type HttpFetchInit, httpFetch } from '@sheaf/qemu'

export interface ServedFile {
  bytes: Buffer
  etag?: string
  /** Answers with it instead of the file. */
  status?: number
  /** The connection breaks after so many bytes have been read, as often as there are numbers. */
  cutsAfter?: number[]
  /** Ignores ranges. */
  hasNoRanges?: boolean
  /** Sends so much and then nothing more. */
  stallsAfter?: number
  /** Says no length and ends the answer as if all were well. */
  isChunked?: boolean
}

export interface FileServer {
  url(path: string): string
  /** Breaks connections where the reader has got exactly so far, which a server cannot. */
  fetch(url: string, init: HttpFetchInit): Promise<Response>
  files: Record<string, ServedFile>
  /** `GET /a bytes=3-`, the oldest first. */
  requests: string[]
  close(): Promise<void>
}

export async function startFileServer(): Promise<FileServer> {
  const files: Record<string, ServedFile> = {}
  const requests: string[] = []
  const server = createServer((request, response) => {
    const { url = '', headers, method = '' } = request
    requests.push([method, url, headers.range].filter((each) => each !== undefined).join(' '))
    answer(files[url], request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    async fetch(url, init) {
      const file = files[new URL(url).pathname]
      const response = await httpFetch(url, file?.stallsAfter === undefined ? init : { ...init, silenceMs: 50 })
      const cut = file?.cutsAfter?.shift()
      if (cut === undefined || response.body === null) return response
      return new Response(brokenAfter(cut, response.body), response)
    },
    files,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(file: ServedFile | undefined, { headers }: IncomingMessage, response: ServerResponse): void {
  if (file?.status !== undefined || file === undefined) return void response.writeHead(file?.status ?? 404).end()
  const asked = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]
  const isSame = headers['if-range'] === undefined || headers['if-range'] === file.etag
  const from = asked === undefined || file.hasNoRanges === true || !isSame ? 0 : Number(asked)
  const rest = file.bytes.subarray(from)
  response.writeHead(from === 0 ? 200 : 206, {
    ...(file.etag === undefined ? {} : { etag: file.etag }),
    ...(file.isChunked ? {} : { 'content-length': rest.length }),
    ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${file.bytes.length - 1}/${file.bytes.length}` }),
  })
  if (file.stallsAfter !== undefined) return void response.write(rest.subarray(0, file.stallsAfter))
  response.end(rest)
}

export const sha512Of = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex')

function brokenAfter(bytes: number, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let left = bytes
  return new ReadableStream(
    {
      async pull(controller) {
        const { value } = left === 0 ? { value: undefined } : await reader.read()
        if (value === undefined) {
          await reader.cancel()
          const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
          return controller.error(new TypeError('terminated', { cause: reset }))
        }
        const part = value.subarray(0, left)
        left -= part.length
        controller.enqueue(part)
      },
    },
    { highWaterMark: 0 },
  )
}
