// A registry for tests, in this process: it keeps what it is given, can want a login, and does what it should not when
// it is told to.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Header } from 'tar'

export interface FakeRegistry {
  /** `127.0.0.1:PORT`, as references name it. */
  readonly host: string
  /** Every request: `GET /v2/…`, with the headers that tests look at. */
  readonly requests: { line: string; authorization: string | undefined; range: string | undefined }[]
  /** Answers instead of the registry where it returns true. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean
  /** From then on only who has a token for this login is answered. */
  requireLogin(username: string, password: string): void
  addBlob(content: Buffer): { digest: string; size: number }
  /** Answers the digest. */
  addManifest(tag: string, document: object): string
  /** An image for one kind of machine. Answers its digest. */
  addImage(tag: string, layers: readonly Buffer[]): string
  close(): Promise<void>
}

export const digestOf = (content: Buffer | string): string => `sha256:${createHash('sha256').update(content).digest('hex')}`

export const imageType = 'application/vnd.oci.image.manifest.v1+json'
export const indexType = 'application/vnd.oci.image.index.v1+json'
const layerType = 'application/vnd.oci.image.layer.v1.tar'

export async function startFakeRegistry(): Promise<FakeRegistry> {
  const blobs = new Map<string, Buffer>()
  const manifests = new Map<string, string>()
  const requests: FakeRegistry['requests'] = []
  let login: string | undefined
  const token = 'a-token-of-the-test'
  const server = createServer((request, response) => {
    const { authorization, range } = request.headers
    requests.push({ line: `${request.method} ${request.url}`, authorization, range })
    if (!registry.intercept(request, response)) answer(request, response)
  })

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '', 'http://registry')
    if (pathname === '/token') return giveToken(request, response)
    if (login !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      const challenge = `Bearer realm="http://${registry.host}/token",service="fake",scope="repository:x:pull"`
      return refuse(response, 401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge })
    }
    const [, kind, name = ''] = /^\/v2\/.+\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? []
    if (kind === 'manifests') return giveManifest(name, request, response)
    const blob = blobs.get(name)
    if (blob === undefined) return refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry')
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const headers = { 'content-length': blob.length - start, 'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}` }
    response.writeHead(start === 0 ? 200 : 206, headers).end(blob.subarray(start))
  }

  function giveToken(request: IncomingMessage, response: ServerResponse): void {
    const given = Buffer.from(request.headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString()
    if (given !== login) return refuse(response, 401, 'DENIED', 'wrong name or password')
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }))
  }

  function giveManifest(name: string, request: IncomingMessage, response: ServerResponse): void {
    const text = manifests.get(name)
    if (text === undefined) return refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown')
    response.writeHead(200, { 'docker-content-digest': digestOf(text), 'content-type': imageType })
    response.end(request.method === 'HEAD' ? undefined : text)
  }

  const registry: FakeRegistry = {
    host: '',
    requests,
    intercept: () => false,
    requireLogin: (username, password) => void (login = `${username}:${password}`),
    addBlob(content) {
      blobs.set(digestOf(content), content)
      return { digest: digestOf(content), size: content.length }
    },
    addManifest(tag, document) {
      const text = JSON.stringify(document)
      manifests.set(tag, text).set(digestOf(text), text)
      return digestOf(text)
    },
    addImage: (tag, layers) =>
      registry.addManifest(tag, {
        schemaVersion: 2,
        mediaType: imageType,
        layers: layers.map((layer) => ({ mediaType: layerType, ...registry.addBlob(layer) })),
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(registry, { host: `127.0.0.1:${(server.address() as AddressInfo).port}` })
}

export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ errors: [{ code, message }] }))
}

export interface ArchivedFile {
  path: string
  content?: Buffer | string
  type?: 'File' | 'Directory' | 'Link' | 'SymbolicLink' | 'CharacterDevice' | 'FIFO'
  linkpath?: string
}

/** A tar archive with exactly these entries, however hostile. */
export function archiveOf(files: readonly ArchivedFile[]): Buffer {
  const blocks = files.flatMap(({ path, content = '', type = 'File', linkpath }) => {
    const body = Buffer.from(content)
    const header = new Header({ path, type, size: body.length, mode: 0o644, ...(linkpath === undefined ? {} : { linkpath }) })
    header.encode()
    return [header.block ?? Buffer.alloc(512), body, Buffer.alloc((512 - (body.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}
