// The files of an ISO over HTTP, read-only, on the loopback address: what the guest of the repo VM would do.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { type IsoFiles, openIso } from '../release/iso-files.ts'

/** As in the guest. */
const base = '/harvester-iso'

export async function serveIso(path: string): Promise<{ url: string; close(): Promise<void> }> {
  const iso = await openIso(path)
  const server = createServer((request, response) => {
    answer(iso, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${base}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(iso: IsoFiles, { method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = fileIn(url)
  const sizeBytes = file === undefined ? undefined : iso.sizeOf(file)
  if (method !== 'GET' && method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end()
  if (file === undefined || sizeBytes === undefined) return void response.writeHead(404).end()
  response.writeHead(200, { 'content-length': sizeBytes, 'content-type': 'application/octet-stream' })
  if (method === 'HEAD' || sizeBytes === 0) return void response.end()
  await pipeline(iso.stream(file), response)
}

/** Undefined for what is not below the base, or no path at all. */
function fileIn(url: string): string | undefined {
  try {
    const path = decodeURIComponent(new URL(url, 'http://iso').pathname)
    return path.startsWith(`${base}/`) ? path.slice(base.length + 1) : undefined
  } catch {
    return undefined
  }
}
