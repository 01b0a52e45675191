// docs/spec/vm-image.md with real guests: an image that is downloaded, one that is uploaded, and the server killed in the middle
// of either. kubectl is the client wherever it can be.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type VirtualMachineImage, virtualMachineImageDefinition } from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import { findCondition } from '@sheaf/api/meta'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { findKubectls, type KubectlSession, kubectlSession } from '../kit/kubectl.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { guestMachine, untilGuestAnswers } from '../kit/virtual-machines.ts'

const kubectl = (await findKubectls()).at(-1)!
const pieceBytes = 3 * 1024 * 1024
const importDeadlineMs = 60_000

let server: ServerProcess
let k: KubectlSession
let disk: Buffer
let network: Server
/** What was asked for: `0`, or from which byte. */
const asked: number[] = []
/** How many bytes of an answer are sent before nothing more comes. */
let stallAfter = Number.POSITIVE_INFINITY
let url: string

beforeAll(async () => {
  server = await startServerProcess()
  k = kubectlSession(kubectl, server, 'default')
  disk = readFileSync(join(root, '.generated/images/sheaf.local/guest/latest/disk/disk.img'))
  network = createServer((request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    asked.push(from)
    const rest = disk.subarray(from)
    const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${disk.length - 1}/${disk.length}` }
    response.writeHead(from === 0 ? 200 : 206, { 'content-length': rest.length, etag: '"guest"', ...range })
    if (stallAfter < rest.length) response.write(rest.subarray(0, stallAfter))
    else response.end(rest)
  })
  await new Promise<void>((resolve) => network.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(network.address() as AddressInfo).port}/disk.img`
})
afterAll(async () => {
  network?.closeAllConnections()
  network?.close()
  k?.dispose()
  await server?.dispose()
})

const sha512 = () => createHash('sha512').update(disk).digest('hex')
const imageNamed = (name: string, spec: Partial<VirtualMachineImage['spec']>) => ({
  apiVersion: 'harvesterhci.io/v1beta1',
  kind: 'VirtualMachineImage',
  metadata: { name },
  spec: { displayName: name, sourceType: 'download', checksum: sha512(), ...spec },
})
const imageOf = (name: string) =>
  server.client.resource<VirtualMachineImage>(virtualMachineImageDefinition).get({ namespace: 'default', name })
const untilImported = (name: string) =>
  eventually(
    `${name} is imported`,
    async () => findCondition((await imageOf(name)).status?.conditions, 'Imported')?.status === 'True',
    importDeadlineMs,
  )

/** Boots from the disk that the image is. */
function machineFrom(name: string, reference: string) {
  const given = guestMachine(name, 'Always')
  const { spec } = given.spec.template
  const { firmware: _, ...domain } = spec.domain
  const disks = [{ name: 'system', disk: { bus: 'virtio' } }]
  given.spec.template.spec = {
    ...spec,
    volumes: [{ name: 'system', containerDisk: { image: reference } }],
    domain: { ...domain, memory: { guest: '128Mi' }, devices: { ...domain.devices, disks } },
  }
  return given
}

test('VM10 a machine that names an image waits for its download and boots from it', async () => {
  await k.send('apply', machineFrom('downloaded', 'sheaf.local/vmimages/default/guest:latest'))
  await k.send('apply', imageNamed('guest', { url }))
  await k.ok('wait', '--for=condition=Imported', 'vmimage/guest', `--timeout=${importDeadlineMs / 1000}s`)
  const table = await k.ok('get', 'vmimages', '-o', 'wide')
  expect(table).toMatch(/^NAME +BACKEND +DISPLAY-NAME +SIZE +VIRTUALSIZE +AGE +PROGRESS +REFERENCE/)
  expect(table).toMatch(
    new RegExp(`guest +backingimage +guest +${disk.length} +${disk.length} .* 100 +sheaf.local/vmimages/default/guest:latest`),
  )
  await untilGuestAnswers(server, 'downloaded')
  expect(await k.refusal(['delete', 'vmimage', 'guest'])).toMatch(
    /Cannot delete image default\/guest: being used by virtual machine default\/downloaded: stop it first/,
  )
})

test('VM16 a download that the server was killed in goes on where it was', async () => {
  stallAfter = Math.floor(disk.length / 2)
  await k.send('apply', imageNamed('killed', { url }))
  await eventually('half of it is here', async () => ((await imageOf('killed')).status?.progress ?? 0) > 0 || asked.length > 1)
  const before = asked.length
  await server.kill('SIGKILL')
  stallAfter = Number.POSITIVE_INFINITY
  await server.start()
  await untilImported('killed')
  expect(asked.length).toBe(before + 1)
  expect(asked.at(-1)).toBeGreaterThan(0)
})

const upload = '/apis/subresources.sheaf.io/v1/namespaces/default/virtualmachineimages/uploaded/upload'

async function sendPiece(offset: number): Promise<number> {
  const { status, body } = await server.fetch({
    method: 'PUT',
    path: `${upload}?offset=${offset}&size=${disk.length}`,
    headers: { 'content-type': 'application/octet-stream' },
    body: disk.subarray(offset, offset + pieceBytes),
  })
  const text = await bodyText(body)
  if (status !== 200) throw new Error(text)
  return (JSON.parse(text) as { receivedBytes: number }).receivedBytes
}

test('VM20 an upload that the server was killed in goes on where it was, and a machine boots from it', async () => {
  await k.send('apply', imageNamed('uploaded', { sourceType: 'upload' }))
  let offset = 0
  while (offset < disk.length / 2) offset = await sendPiece(offset)
  await server.kill('SIGKILL')
  await server.start()
  const told = JSON.parse(await k.ok('get', '--raw', upload)) as { receivedBytes: number }
  expect(told.receivedBytes).toBe(offset)
  while (offset < disk.length) offset = await sendPiece(offset)
  await untilImported('uploaded')
  await k.send('apply', machineFrom('from-upload', 'sheaf.local/vmimages/default/uploaded:latest'))
  await untilGuestAnswers(server, 'from-upload')
})

test('VM30 an image goes when its machine is gone', async () => {
  await k.ok('delete', 'vm', 'from-upload')
  await eventually('the image goes', async () => {
    const { code } = await k.run(['delete', 'vmimage', 'uploaded'])
    return code === 0
  })
  expect(await k.ok('get', 'vmimages', '-o', 'name')).not.toContain('uploaded')
})

test('UP40 kubectl explains what an upgrade is, and an upgrade without a target is refused in Harvester’s words', async () => {
  const explained = await k.ok('explain', 'upgrade.spec')
  expect(explained).toMatch(/either version or image has to be given/)
  for (const kind of ['vmimage.spec', 'vmimage.status', 'version.spec', 'upgrade.status', 'upgradelog.status'])
    expect(await k.ok('explain', kind)).not.toContain('<no description>')
  const upgrade = {
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'Upgrade',
    metadata: { generateName: 'hvst-upgrade-', namespace: 'harvester-system' },
    spec: {},
  }
  expect(await k.refusal(['create', '-n', 'harvester-system', '-f', '-'], JSON.stringify(upgrade))).toContain(
    'admission webhook "validator.harvesterhci.io" denied the request: version or image field are not specified.',
  )
})
