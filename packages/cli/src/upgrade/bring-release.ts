// Brings the ISO of a release to the server, as an image. It is called by what is in it, so that whoever is interrupted goes on
// where they were, and whoever brings the same again finds it there.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { harvesterSystemNamespace, type VirtualMachineImage, virtualMachineImageDefinition } from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import { findCondition } from '@sheaf/api/meta'
import { CommandError, type Connection } from '../connection.ts'
import { type Teller, percent } from './teller.ts'

/** Below what the server takes of any body, and large enough that its answers do not count. */
const pieceBytes = 2 * 1024 * 1024
const lookMs = 500
const pathOf = (name: string): string =>
  `/apis/subresources.sheaf.io/v1/namespaces/${harvesterSystemNamespace}/virtualmachineimages/${name}/upload`

/** Answers `namespace/name` of the image, once it is imported. */
export async function bringRelease(iso: string, connection: Connection, teller: Teller): Promise<string> {
  const isUrl = /^(https?|file):\/\//.test(iso)
  const name = isUrl ? await ensureDownload(iso, connection) : await upload(iso, connection, teller)
  await untilImported(name, connection, teller)
  return `${harvesterSystemNamespace}/${name}`
}

/** It may be gone already. */
export async function forgetRelease(image: string, { client }: Connection): Promise<void> {
  const [namespace = '', name = ''] = image.split('/')
  await images(client)
    .delete({ namespace, name })
    .catch(() => {})
}

async function ensureDownload(url: string, connection: Connection): Promise<string> {
  const name = `sheaf-release-${createHash('sha256').update(url).digest('hex').slice(0, 16)}`
  await ensureImage(name, { displayName: name, sourceType: 'download', url }, connection)
  return name
}

async function upload(path: string, connection: Connection, teller: Teller): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || !found.isFile()) throw new CommandError(`${path} is no file. Give an ISO, or a URL of one`, 2)
  teller.progress(`reading ${path}`)
  const sha512 = await sha512Of(path)
  const name = `sheaf-release-${sha512.slice(0, 16)}`
  // A display name is unique and a label.
  const displayName = `${basename(path)
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 40)}-${sha512.slice(0, 8)}`
  await ensureImage(name, { displayName, sourceType: 'upload', checksum: sha512 }, connection)
  await sendPieces(path, found.size, name, connection, teller)
  return name
}

async function sha512Of(path: string): Promise<string> {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

async function ensureImage(name: string, spec: VirtualMachineImage['spec'], { client }: Connection): Promise<void> {
  if ((await images(client).find({ namespace: harvesterSystemNamespace, name })) !== undefined) return
  const image: VirtualMachineImage = {
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineImage',
    metadata: { name, namespace: harvesterSystemNamespace, annotations: { 'sheaf.io/remove-after-upgrade': 'true' } },
    spec,
  }
  await images(client).create(image)
}

async function sendPieces(path: string, size: number, name: string, connection: Connection, teller: Teller): Promise<void> {
  await using file = await open(path)
  const buffer = Buffer.alloc(pieceBytes)
  for (let at = await receivedBytes(name, connection); at < size; ) {
    const { bytesRead } = await file.read(buffer, 0, pieceBytes, at)
    const answer = await connection.fetch({
      method: 'PUT',
      path: `${pathOf(name)}?offset=${at}&size=${size}`,
      headers: { 'content-type': 'application/octet-stream', accept: 'application/json', 'user-agent': 'sheaf' },
      body: buffer.subarray(0, bytesRead),
    })
    if (answer.status >= 400) throw new CommandError(`the server does not take the ISO: ${await refusalIn(answer.body)}`)
    at += bytesRead
    teller.progress(`uploading: ${percent(at, size)}`)
  }
}

async function refusalIn(body: Parameters<typeof bodyText>[0]): Promise<string> {
  const text = await bodyText(body)
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text
  } catch {
    return text
  }
}

async function receivedBytes(name: string, { client }: Connection): Promise<number> {
  const said = JSON.parse(await bodyText((await client.request('GET', pathOf(name))).body)) as { receivedBytes: number }
  return said.receivedBytes
}

async function untilImported(name: string, { client }: Connection, teller: Teller): Promise<void> {
  for (;;) {
    const { status } = await images(client).get({ namespace: harvesterSystemNamespace, name })
    const imported = findCondition(status?.conditions, 'Imported')
    if (imported?.status === 'True') return
    if (imported?.status === 'False') throw new CommandError(`the ISO could not be imported: ${imported.message ?? ''}`)
    teller.progress(`importing: ${status?.progress ?? 0} %`)
    await pause(lookMs)
  }
}

const images = (client: Connection['client']) => client.resource<VirtualMachineImage>(virtualMachineImageDefinition)
