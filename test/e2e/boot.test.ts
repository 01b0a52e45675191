// From a manifest to a guest that answers, by each way to boot: BIOS and UEFI from a disk, BIOS from a cdrom, a kernel given
// directly. The guest says who it is: what its cloud-init seed told it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Secret, secretDefinition, type VirtualMachine } from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { machineProcesses } from '../kit/machine-processes.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import {
  askGuest,
  guestMachine,
  key,
  type RunningGuest,
  uidOf,
  untilGuestAnswers,
  virtualMachines,
} from '../kit/virtual-machines.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess()
  await Promise.all([
    applyExample('boot-from-disk'),
    applyExample('uefi'),
    createCdromMachine(),
    createSecretMachine(),
    createNamelessMachine(),
  ])
})
afterAll(() => server?.dispose())

async function applyExample(name: string): Promise<void> {
  const { status, body } = await server.fetch({
    method: 'POST',
    path: '/apis/kubevirt.io/v1/namespaces/default/virtualmachines',
    headers: { 'content-type': 'application/yaml' },
    body: readFileSync(join(root, 'examples', `${name}.yaml`)),
  })
  if (status !== 201) throw new Error(`${name} was not taken: ${await bodyText(body)}`)
}

type InstanceSpec = VirtualMachine['spec']['template']['spec']
type Devices = InstanceSpec['domain']['devices']
const seed = {
  disk: { name: 'seed', disk: { bus: 'virtio' } },
  bySecret: { name: 'seed', cloudInitNoCloud: { secretRef: { name: 'seed' } } },
} as const

/** The small guest with other devices and volumes; without its kernel it boots from one of them. */
function machine(
  name: string,
  disks: NonNullable<Devices['disks']>,
  volumes: NonNullable<InstanceSpec['volumes']>,
  withKernel: boolean,
): VirtualMachine {
  const given = guestMachine(name, 'Always')
  const { spec } = given.spec.template
  const { firmware, ...domain } = spec.domain
  given.spec.template.spec = {
    ...spec,
    volumes,
    domain: {
      ...domain,
      memory: { guest: '128Mi' },
      ...(withKernel && firmware !== undefined && { firmware }),
      devices: { ...domain.devices, disks },
    },
  }
  return given
}

/** The guest's image is a disk and a cdrom at the same time. */
async function createCdromMachine(): Promise<void> {
  const disks = [
    { name: 'empty', disk: { bus: 'virtio' } },
    { name: 'installer', cdrom: { bus: 'sata' }, bootOrder: 1 },
  ]
  const volumes = [
    { name: 'empty', emptyDisk: { capacity: '64Mi' } },
    { name: 'installer', containerDisk: { image: 'sheaf.local/guest:latest' } },
  ]
  await virtualMachines(server).create(machine('cdrom', disks, volumes, false))
}

async function createSecretMachine(): Promise<void> {
  const userdata = Buffer.from('#cloud-config\nhostname: named-in-secret\n').toString('base64')
  await server.client
    .resource<Secret>(secretDefinition)
    .create({ apiVersion: 'v1', kind: 'Secret', metadata: key('seed'), data: { userdata } })
  await virtualMachines(server).create(machine('secretive', [seed.disk], [seed.bySecret], true))
}

/** Its seed says no name: the platform does, by the machine's own. */
async function createNamelessMachine(): Promise<void> {
  const volumes = [{ name: 'seed', cloudInitNoCloud: { userData: '#cloud-config\n' } }]
  await virtualMachines(server).create(machine('nameless', [seed.disk], volumes, true))
}

const argumentsOf = ({ instance }: RunningGuest): string => {
  const pid = machineProcesses(server.dataFolder).find(({ id }) => id === uidOf(instance))?.pid
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
}
/** What the guest wrote on its serial console when it was up: the boot that answers over HTTP. */
const markerOf = async ({ bootId }: RunningGuest, name: string): Promise<boolean> =>
  (await server.sheaf('logs', name)).stdout.includes(`boot ${bootId}`)

test.each([
  { name: 'boot-from-disk', hostname: 'boot-from-disk', firmware: 'BIOS' },
  { name: 'uefi', hostname: 'uefi', firmware: 'UEFI' },
])(
  '$firmware boots the disk of the example $name, and the guest has its name from cloud-init',
  async ({ name, hostname, firmware }) => {
    const guest = await untilGuestAnswers(server, name)
    expect(await askGuest(guest.instance, '/')).toContain(`This is ${hostname},`)
    expect(await markerOf(guest, name)).toBe(true)
    expect(argumentsOf(guest).includes('OVMF')).toBe(firmware === 'UEFI')
    expect(argumentsOf(guest)).not.toContain('-kernel')
  },
)

test('a machine boots from its cdrom, beside an empty disk', async () => {
  const guest = await untilGuestAnswers(server, 'cdrom')
  expect(await markerOf(guest, 'cdrom')).toBe(true)
  expect(argumentsOf(guest)).not.toContain('-kernel')
  expect(argumentsOf(guest)).toMatch(/-device ide-cd,\S*bootindex=/)
  expect(await askGuest(guest.instance, '/disks')).toMatch(/^vda 67108864$/m)
})

test('the name is taken from a secret that the manifest refers to', async () => {
  const { instance } = await untilGuestAnswers(server, 'secretive')
  expect(await askGuest(instance, '/')).toContain('This is named-in-secret,')
})

test('a guest whose seed names no host is called as its machine', async () => {
  const { instance } = await untilGuestAnswers(server, 'nameless')
  expect(await askGuest(instance, '/')).toContain('This is nameless,')
})
