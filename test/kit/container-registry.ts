// A real registry of the distribution's, with images that are pushed as anybody would push them.

import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { run } from './server-process.ts'

export interface ContainerRegistry {
  /** `127.0.0.1:PORT`, as references name it. */
  readonly host: string
  /** Pushes an image of one layer. Answers its reference. */
  push(name: string, archive: Buffer, packing: keyof typeof packings): Promise<string>
  /** What was asked of it since the last time. */
  requests(): string[]
  dispose(): Promise<void>
}

const packings = {
  gzip: { pack: (archive: Buffer) => gzipSync(archive, { level: 1 }), suffix: '+gzip' },
  zstd: { pack: (archive: Buffer) => zstdCompressSync(archive), suffix: '+zstd' },
} as const

export async function startContainerRegistry(): Promise<ContainerRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-registry-'))
  const host = `127.0.0.1:${await freePort()}`
  const config = join(folder, 'config.json')
  const storage = { filesystem: { rootdirectory: join(folder, 'storage') } }
  writeFileSync(config, JSON.stringify({ version: 0.1, log: { accesslog: { disabled: false } }, storage, http: { addr: host } }))
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()))
  await eventually('the registry answers', async () => (await fetch(`http://${host}/v2/`)).ok)
  return {
    host,
    async push(name, archive, packing) {
      const layout = mkdtempSync(join(folder, 'layout-'))
      writeLayout(layout, archive, packing)
      const to = `docker://${host}/${name}`
      const pushed = await run('skopeo', ['--insecure-policy', 'copy', '--dest-tls-verify=false', `oci:${layout}`, to])
      if (pushed.code !== 0) throw new Error(pushed.stderr)
      return `${host}/${name}`
    },
    requests() {
      const found = [...log.matchAll(/"((?:GET|HEAD) \/v2\/\S+) HTTP/g)].map((match) => match[1] ?? '')
      log = ''
      return found
    },
    async dispose() {
      await end(child)
      rmSync(folder, { recursive: true })
    },
  }
}

/** As every builder writes an image into a folder. */
function writeLayout(folder: string, archive: Buffer, packing: keyof typeof packings): void {
  const { pack, suffix } = packings[packing]
  mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true })
  const add = (mediaType: string, content: Buffer): { mediaType: string; digest: string; size: number } => {
    const hex = createHash('sha256').update(content).digest('hex')
    writeFileSync(join(folder, 'blobs', 'sha256', hex), content)
    return { mediaType, digest: `sha256:${hex}`, size: content.length }
  }
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
  const type = (what: string): string => `application/vnd.oci.image.${what}`
  const layers = [add(type(`layer.v1.tar${suffix}`), pack(archive))]
  const rootfs = { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(archive).digest('hex')}`] }
  const config = add(type('config.v1+json'), json({ architecture: 'amd64', os: 'linux', config: {}, rootfs }))
  const manifest = add(type('manifest.v1+json'), json({ schemaVersion: 2, mediaType: type('manifest.v1+json'), config, layers }))
  writeFileSync(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
  writeFileSync(join(folder, 'index.json'), json({ schemaVersion: 2, manifests: [manifest] }))
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
