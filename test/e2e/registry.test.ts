// Machines whose disks come from a registry: pulled, booted, told about, and let go of.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Event, eventDefinition } from '@sheaf/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { archiveOf, startFakeRegistry } from '../../packages/qemu/src/testing/fake-registry.ts'
import { type ContainerRegistry, startContainerRegistry } from '../kit/container-registry.ts'
import { eventually } from '../kit/eventually.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { emptyMachine, guestMachine, instances, key, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

let server: ServerProcess
let registry: ContainerRegistry
beforeAll(async () => {
  registry = await startContainerRegistry()
  server = await startServerProcess()
})
afterAll(async () => {
  await server?.dispose()
  await registry?.dispose()
})

const guestFolder = join(root, '.generated', 'images', 'sheaf.local', 'guest', 'latest')
const guestDisk = (): Buffer => {
  const [name = ''] = readdirSync(join(guestFolder, 'disk'))
  return readFileSync(join(guestFolder, 'disk', name))
}

/** The small guest, started by the firmware from a disk of this image. */
function bootsFrom(name: string, image: string): ReturnType<typeof guestMachine> {
  const given = guestMachine(name, 'Always')
  const { spec } = given.spec.template
  const { firmware: _, ...domain } = spec.domain
  const disks = [{ name: 'system', disk: { bus: 'virtio' } }]
  given.spec.template.spec = {
    ...spec,
    domain: { ...domain, memory: { guest: '128Mi' }, devices: { ...domain.devices, disks } },
    volumes: [{ name: 'system', containerDisk: { image } }],
  }
  return given
}

async function eventsOf(name: string): Promise<string[]> {
  const { items } = await server.client
    .resource<Event>(eventDefinition)
    .list({ namespace: 'default', fieldSelector: `involvedObject.name=${name},involvedObject.kind=VirtualMachineInstance` })
  return items.map(({ reason, message }) => `${reason}: ${message}`)
}

test.each(['gzip', 'zstd'] as const)('IM3 a machine boots from a disk that was pulled, packed with %s', async (packing) => {
  const image = await registry.push(`guest-${packing}:1`, archiveOf([{ path: 'disk/guest.img', content: guestDisk() }]), packing)
  await virtualMachines(server).create(bootsFrom(packing, image))
  const guest = await untilGuestAnswers(server, packing)
  expect((await server.sheaf('logs', packing)).stdout).toContain(`boot ${guest.bootId}`)
  const events = await eventually('the pull is told', async () => {
    const told = await eventsOf(packing)
    return told.some((text) => text.startsWith('Started')) && told
  })
  expect(events).toContain(`Pulling: Pulling image "${image}"`)
  expect(events).toContainEqual(
    expect.stringMatching(
      /^Pulled: Successfully pulled image ".*" in [\d.]+m?s \([\d.]+m?s including waiting\). Image size: \d+ bytes.$/,
    ),
  )
  expect(readdirSync(join(server.dataFolder, 'pulled-images', 'downloads'))).toEqual([])
})

test('IM2 IM8 what is there is used without a question, listed with who uses it, and stays while somebody does', async () => {
  const reference = `${registry.host}/guest-gzip:1`
  const uid = (await instances(server).get(key('gzip'))).metadata.uid
  registry.requests()
  await server.sheaf('restart', 'gzip', '--force')
  await eventually('another instance runs', async () => {
    const instance = await instances(server).find(key('gzip'))
    return instance?.metadata.uid !== uid && instance?.status?.phase === 'Running'
  })
  expect(registry.requests()).toEqual([])
  expect((await server.sheaf('images')).stdout).toMatch(
    new RegExp(`^${reference} +sha256:\\S{12} +[\\d.]+ MiB +default/gzip$`, 'm'),
  )
  expect(await server.sheaf('images', 'rm', reference)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('its disk is in use by default/gzip: stop them first'),
  })
})

test('IM8 an image is pulled and let go of by hand', async () => {
  const image = await registry.push('by-hand:1', archiveOf([{ path: 'disk/disk.img', content: 'a disk' }]), 'gzip')
  expect(await server.sheaf('images', 'pull', image)).toMatchObject({ code: 0, stdout: `${image} is here.\n` })
  expect((await server.sheaf('images')).stdout).toContain(image)
  expect(await server.sheaf('images', 'rm', image)).toMatchObject({ code: 0, stdout: `${image} is gone.\n` })
  expect((await server.sheaf('images')).stdout).not.toContain(image)
  expect(await server.sheaf('images', 'pull', `${image}0`)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/cannot pull .*: not found: .* 404 \(MANIFEST_UNKNOWN/),
  })
})

test('IM4 IM6 what cannot be had, or not be trusted, is told in the status', async () => {
  const hostile = Buffer.alloc(512)
  hostile.write('QFI\xfb', 'latin1')
  hostile.writeUInt32BE(2, 4)
  hostile.writeBigUInt64BE(100n, 8)
  const image = await registry.push('hostile:1', archiveOf([{ path: 'disk/disk.img', content: hostile }]), 'gzip')
  for (const [name, from] of [
    ['absent', `${registry.host}/absent:1`],
    ['hostile', image],
  ] as const) {
    const machine = emptyMachine(name, 'Always')
    Object.assign(machine.spec.template.spec, { volumes: [{ name: 'system', containerDisk: { image: from } }] })
    await virtualMachines(server).create(machine)
  }
  const told = (name: string, status: string) =>
    eventually(`${name} reads ${status}`, async () => {
      const vm = await virtualMachines(server).get(key(name))
      const conditions = vm.status?.conditions ?? []
      return vm.status?.printableStatus === status && conditions.find(({ type }) => type === 'Synchronized')?.message
    })
  expect(await told('absent', 'ErrImagePull')).toMatch(/^Failed to pull image ".*": not found: .* answered 404/)
  expect(await told('absent', 'ImagePullBackOff')).toMatch(/^Back-off pulling image ".*": ErrImagePull: not found/)
  expect(await told('hostile', 'ErrImagePull')).toMatch(/it names a backing file, which an image must not/)
})

test('IM7 a server that is killed in the middle of a pull leaves no image, and the next one goes on with it', async () => {
  const slow = await startFakeRegistry()
  const layer = archiveOf([{ path: 'disk/disk.img', content: Buffer.alloc(4 * 1024 * 1024, 'a disk') }])
  slow.addImage('1', [layer])
  let isHalf = false
  slow.intercept = ({ url = '' }, response) => {
    if (!url.includes('/blobs/')) return false
    response.writeHead(200, { 'content-length': layer.length })
    response.write(layer.subarray(0, layer.length / 2), () => (isHalf = true))
    return true
  }
  const machine = emptyMachine('slow', 'Always')
  Object.assign(machine.spec.template.spec, { volumes: [{ name: 'system', containerDisk: { image: `${slow.host}/a:1` } }] })
  await virtualMachines(server).create(machine)
  const downloads = join(server.dataFolder, 'pulled-images', 'downloads')
  await eventually('half of it is here', () => isHalf && readdirSync(downloads).length === 1)
  const images = (): number => readdirSync(join(server.dataFolder, 'pulled-images', 'content')).length
  const before = images()
  await server.kill('SIGKILL')
  expect(images()).toBe(before)
  slow.intercept = () => false
  await server.start()
  await eventually('it runs', async () => (await instances(server).find(key('slow')))?.status?.phase === 'Running')
  expect(slow.requests.at(-1)?.range).toMatch(/^bytes=[1-9]/)
  await slow.close()
})
