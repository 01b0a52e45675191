// A document that changes only with the release: encoded once, then sent as bytes, compressed bytes or 304.

import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import { acceptedTypes } from './accept-header.ts'

export interface PublishedDocument {
  /** Upper-case hex, as Kubernetes writes it; clients only compare it. */
  hash: string
  contentType: string
  bytes: Uint8Array
  /** Compressed at the first request that wants it. */
  gzipped(): Uint8Array
}

/** Below this a header costs more than compression saves. */
const minGzipBytes = 1_400

export function publish(contentType: string, content: Uint8Array | object): PublishedDocument {
  const bytes = content instanceof Uint8Array ? content : Buffer.from(`${JSON.stringify(content)}\n`)
  return {
    hash: createHash('sha512').update(bytes).digest('hex').toUpperCase(),
    contentType,
    bytes,
    gzipped: once(() => gzipSync(bytes)),
  }
}

/** Runs `build` at the first call and keeps what it gave. */
export function once<T>(build: () => T): () => T {
  let built: { value: T } | undefined
  return () => {
    built ??= { value: build() }
    return built.value
  }
}

export function answerDocument(
  document: PublishedDocument,
  request: ApiRequest,
  extraHeaders: Readonly<Record<string, string>> = {},
): ApiResponse {
  const headers = {
    'cache-control': 'public',
    etag: `"${document.hash}"`,
    vary: 'Accept, Accept-Encoding',
    ...extraHeaders,
  }
  if (isUnchanged(request, document)) return { status: 304, headers, body: '' }
  const typed = { ...headers, 'content-type': document.contentType }
  if (document.bytes.length < minGzipBytes || !acceptsGzip(request)) {
    return { status: 200, headers: typed, body: document.bytes }
  }
  return { status: 200, headers: { ...typed, 'content-encoding': 'gzip' }, body: document.gzipped() }
}

function isUnchanged(request: ApiRequest, document: PublishedDocument): boolean {
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return known.includes(`"${document.hash}"`) || known.includes('*')
}

function acceptsGzip(request: ApiRequest): boolean {
  return acceptedTypes(request.headers['accept-encoding'] ?? 'identity').some(({ type }) => type === 'gzip' || type === '*')
}
