// docs/spec/instance.md, as far as it takes a guest: the real API server and controllers over simulated machines.

import {
  forwardedPortsOf,
  hostPortsAnnotation,
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { openMemoryStore } from '@sheaf/machinery/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareStore, startControlPlane } from './control-plane.ts'
import { imageName } from './host.ts'
import { becomeQuiet, pass, type Platform, restart } from './pace.ts'
import { closePlatform, openPlatform } from './platform.ts'

const key = { namespace: 'default', name: 'one' }
const bootMs = 3_000

let platform: Platform
beforeEach(async () => {
  platform = await openPlatform()
})
afterEach(() => closePlatform(platform))

const instances = () => platform.plane.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
const see = () => instances().find(key)
const machine = async () => (await platform.host.list())[0]
const put = (action: string) =>
  platform.plane.client.request(
    'PUT',
    `/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances/one/${action}`,
  )

interface Changes {
  spec?: Partial<VirtualMachineInstance['spec']>
  devices?: VirtualMachineInstance['spec']['domain']['devices']
  annotations?: Record<string, string>
  status?: VirtualMachineInstance['status']
}

function create({ spec = {}, devices = {}, annotations = {}, status }: Changes = {}): Promise<VirtualMachineInstance> {
  return instances().create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { ...key, annotations },
    spec: { domain: { memory: { guest: '64Mi' }, devices }, ...spec },
    ...(status === undefined ? {} : { status }),
  })
}

/** Its guest is up. Answers the machine's id. */
async function run(changes?: Changes): Promise<string> {
  const { metadata } = await create(changes)
  await pass(platform, bootMs)
  expect((await see())?.status?.phase).toBe('Running')
  return metadata.uid ?? ''
}

const withImage: Changes = {
  spec: { volumes: [{ name: 'root', containerDisk: { image: imageName } }] },
  devices: { disks: [{ name: 'root', disk: {} }] },
}

test('VI1 a new instance is Pending and held, whatever it was sent with', async () => {
  const { metadata, status, spec } = await create({ status: { phase: 'Running' } })
  expect(status?.phase).toBe('Pending')
  expect(metadata.finalizers).toEqual(['kubevirt.io/foregroundDeleteVirtualMachine'])
  expect(spec.domain.machine?.type).toBe('q35')
  expect(findCondition(status?.conditions, 'Ready')).toMatchObject({ status: 'False', reason: 'GuestNotRunning' })
})

test.each([
  ['shuts down', 'guestShutdown', 'Succeeded', 'GuestShutdown'],
  ['panics', 'guestPanic', 'Failed', 'GuestPanicked'],
  ['crashes', 'crash', 'Failed', 'ProcessGone'],
] as const)('VI3 a guest that %s', async (_what, does, phase, reason) => {
  const id = await run({ devices: { panicDevices: [{ model: 'pvpanic' }] } })
  platform.host.machines[does](id)
  await pass(platform, 100)
  expect((await see())?.status).toMatchObject({ phase, reason })
  expect((await see())?.metadata.uid).toBe(id)
})

test('VI5 an instance that has ended is not launched again, not even by another control plane', async () => {
  const id = await run()
  platform.host.machines.crash(id)
  await pass(platform, 60_000)
  expect(platform.host.starts.get('default_one')).toHaveLength(1)
})

test('VI6 a reboot, and a panic that nobody is told of, change nothing', async () => {
  const id = await run()
  const before = await see()
  platform.host.machines.guestReboot(id)
  await pass(platform, bootMs)
  platform.host.machines.guestPanic(id)
  await pass(platform, bootMs)
  expect(await see()).toEqual(before)
  expect(platform.host.starts.get('default_one')).toHaveLength(1)
})

test('VI7 a guest that hears goes as soon as it has shut down, one that does not when its grace period is over', async () => {
  await run()
  await instances().delete(key)
  await pass(platform, 2_000)
  expect(await see()).toBeUndefined()

  const id = await run({ spec: { terminationGracePeriodSeconds: 12 } })
  platform.host.machines.ignorePowerButton(id)
  await instances().delete(key)
  await pass(platform, 10_900)
  expect((await machine())?.state.kind).toBe('running')
  await pass(platform, 2_000)
  expect(await see()).toBeUndefined()
})

test('VI8 a grace period that is changed while it runs counts from the deletion on', async () => {
  const id = await run({ spec: { terminationGracePeriodSeconds: 600 } })
  platform.host.machines.ignorePowerButton(id)
  await instances().delete(key)
  await pass(platform, 4_000)
  await instances().patch(key, { spec: { terminationGracePeriodSeconds: 6 } })
  await pass(platform, 1_000)
  expect((await machine())?.state.kind).toBe('running')
  await pass(platform, 2_000)
  expect(await see()).toBeUndefined()
})

test('VI9 it is let go when no trace of its machine is left, and other finalizers stay', async () => {
  await run()
  await instances().patch(key, { metadata: { finalizers: ['example.org/held', 'kubevirt.io/foregroundDeleteVirtualMachine'] } })
  await instances().delete(key)
  await pass(platform, 10_000)
  expect((await see())?.metadata.finalizers).toEqual(['example.org/held'])
  expect(await platform.host.list()).toEqual([])
})

test('VI10 one that is deleted before it was launched is Failed and leaves nothing behind', async () => {
  platform.host.imageIsThere = false
  await create(withImage)
  await pass(platform, 1_000)
  await instances().patch(key, { metadata: { finalizers: ['example.org/held', 'kubevirt.io/foregroundDeleteVirtualMachine'] } })
  await instances().delete(key)
  await pass(platform, 1_000)
  expect((await see())?.status?.phase).toBe('Failed')
  expect(platform.host.starts.size).toBe(0)
})

test('VI11 a missing image is told, looked for again, and forgotten when it is there', async () => {
  platform.host.imageIsThere = false
  await create(withImage)
  await pass(platform, 20_000)
  expect((await see())?.status?.phase).toBe('Scheduling')
  expect(findCondition((await see())?.status?.conditions, 'Synchronized')).toMatchObject({
    status: 'False',
    reason: 'ErrImagePull',
  })
  platform.host.imageIsThere = true
  await pass(platform, 6_000)
  expect((await see())?.status?.phase).toBe('Running')
  expect(findCondition((await see())?.status?.conditions, 'Synchronized')).toBeUndefined()
})

test('IM3 IM4 a pull and its failures are told as they are, and forgotten when the image is there', async () => {
  const nowMs = (): number => platform.host.clock.now()
  const told = async () => findCondition((await see())?.status?.conditions, 'Synchronized')
  platform.host.imageSight = { kind: 'pulling', receivedBytes: 3 * 2 ** 20, totalBytes: 12 * 2 ** 20 }
  await create(withImage)
  await pass(platform, 1_000)
  expect((await see())?.status?.phase).toBe('Scheduling')
  expect(await told()).toMatchObject({
    status: 'False',
    reason: 'Pulling',
    message: expect.stringMatching(/^pulling image ".*": 3.0 MiB of 12.0 MiB \(25 %\)$/),
  })
  platform.host.imageSight = { kind: 'failed', message: 'no', failedAtMs: nowMs() + 4_000, retryAtMs: nowMs() + 14_000 }
  await pass(platform, 6_000)
  expect(await told()).toMatchObject({
    reason: 'ErrImagePull',
    message: expect.stringMatching(/^Failed to pull image ".*": no$/),
  })
  await pass(platform, 5_000)
  expect(await told()).toMatchObject({ reason: 'ImagePullBackOff' })
  platform.host.imageSight = undefined
  await pass(platform, 6_000)
  expect((await see())?.status?.phase).toBe('Running')
  expect(await told()).toBeUndefined()
})

test.each([
  ['a claim', { persistentVolumeClaim: { claimName: 'data' } }, 'FailedPvcNotFound'],
  ['a secret', { cloudInitNoCloud: { secretRef: { name: 'seed' } } }, 'FailedMount'],
  ['a config map', { configMap: { name: 'settings' } }, 'FailedMount'],
  ['a service account', { serviceAccount: { serviceAccountName: 'robot' } }, 'FailedCreate'],
  ['a volume that cannot be attached', { containerPath: { path: '/data' } }, 'UnsupportedVolume'],
])('VI11 %s is told as well', async (_what, source, reason) => {
  await create({ spec: { volumes: [{ name: 'data', ...source }] }, devices: { disks: [{ name: 'data', disk: {} }] } })
  await pass(platform, 1_000)
  expect(findCondition((await see())?.status?.conditions, 'Synchronized')).toMatchObject({ status: 'False', reason })
})

test('VI12 all that this machine does not offer is told at once', async () => {
  await create({ spec: { architecture: 'arm64' }, devices: { gpus: [{ name: 'gpu', deviceName: 'example.org/gpu' }] } })
  await pass(platform, 1_000)
  const condition = findCondition((await see())?.status?.conditions, 'PodScheduled')
  expect(condition).toMatchObject({ status: 'False', reason: 'Unschedulable' })
  expect(condition?.message).toMatch(/another architecture than amd64, GPU devices/)
})

test('VI13 a start that QEMU refuses is Failed, in its last words', async () => {
  platform.host.refused.add('default_one')
  await create()
  await pass(platform, 1_000)
  const { status } = (await see()) ?? {}
  expect(status).toMatchObject({ phase: 'Failed', reason: 'FailedToStart' })
  expect(findCondition(status?.conditions, 'Synchronized')?.message).toContain('QEMU refuses this machine')
})

test('VI14 the spec is not to be changed, and a status is put back', async () => {
  await run()
  await expect(instances().patch(key, { spec: { hostname: 'two' } })).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining('update of VMI object is restricted'),
  })
  const before = await see()
  const after = await instances().patch(key, { status: { phase: 'Failed' } })
  expect([after.spec, after.status]).toEqual([before?.spec, before?.status])
})

test('VI15 Ready follows the machine, and Paused its pause', async () => {
  const conditionOf = async (type: string) => findCondition((await see())?.status?.conditions, type)?.status
  const id = await run({ spec: { startStrategy: 'Paused' } })
  expect([await conditionOf('Ready'), await conditionOf('Paused')]).toEqual(['False', 'True'])
  await put('unpause')
  await pass(platform, 100)
  expect([await conditionOf('Ready'), await conditionOf('Paused')]).toEqual(['True', undefined])
  platform.host.machines.crash(id)
  await pass(platform, 100)
  expect(await conditionOf('Ready')).toBe('False')
})

test('VI16 RS35 a start writes the VM three times and its instance twice after their creation', async () => {
  const { store } = platform.host
  const written = new Map<string, number>()
  store.watch('', store.revision, ({ key: path }) => void written.set(path, (written.get(path) ?? 0) + 1))
  const spec = { domain: { memory: { guest: '64Mi' }, devices: {} } }
  await platform.plane.client.resource<VirtualMachine>(virtualMachineDefinition).create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: key,
    spec: { runStrategy: 'Always', template: { spec } },
  })
  await pass(platform, bootMs)
  expect((await see())?.status?.phase).toBe('Running')
  // The creation is counted too.
  expect([...written]).toEqual([
    ['/kubevirt.io/virtualmachines/default/one', 4],
    ['/kubevirt.io/virtualmachineinstances/default/one', 3],
  ])
})

test('VI20 each is Running as soon as its own machine runs, however many others wait to be launched', async () => {
  const domain = { memory: { guest: '64Mi' }, devices: {} }
  const names = Array.from({ length: 20 }, (_, index) => `crowd-${index}`)
  const creations = names.map((name) =>
    instances().create({
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: { namespace: key.namespace, name },
      spec: { domain },
    }),
  )
  await Promise.all(creations)
  await becomeQuiet(platform)
  await pass(platform, platform.host.machines.times.startMs)
  const phases = (await instances().list()).items.map(({ status }) => status?.phase)
  const machines = (await platform.host.list()).filter(({ state }) => state.kind === 'running')
  expect(machines.length).toBeGreaterThan(0)
  expect(machines.length).toBeLessThan(names.length)
  expect(phases.filter((phase) => phase === 'Running')).toHaveLength(machines.length)
})

test('VI17 declared ports are forwarded and told', async () => {
  const devices = { interfaces: [{ name: 'default', masquerade: {}, ports: [{ name: 'http', port: 80 }] }] }
  await run({ devices, spec: { networks: [{ name: 'default', pod: {} }] } })
  expect(forwardedPortsOf(await see())).toEqual((await machine())?.forwards)
  expect(forwardedPortsOf(await see())).toMatchObject([{ name: 'http', guestPort: 80, hostAddress: '127.0.0.1' }])
  expect((await see())?.metadata.labels).toMatchObject({ 'kubevirt.io/nodeName': 'here' })
})

test('VI18 a wish for ports that cannot be read is refused', async () => {
  const refusal = create({ annotations: { [hostPortsAnnotation]: 'http:8080' } })
  await expect(refusal).rejects.toMatchObject({ code: 422, message: expect.stringContaining(hostPortsAnnotation) })
})

test('VI19 pause and unpause ask for a running machine that is not, or is, paused', async () => {
  await expect(put('pause')).rejects.toMatchObject({ code: 404 })
  await create()
  await expect(put('pause')).rejects.toMatchObject({ code: 409, message: expect.stringContaining('VM is not running') })
  await pass(platform, bootMs)
  await expect(put('unpause')).rejects.toMatchObject({ code: 409, message: expect.stringContaining('VMI is not paused') })
  expect(await put('pause')).toMatchObject({ status: 200 })
  await expect(put('pause')).rejects.toMatchObject({ code: 409, message: expect.stringContaining('VMI is already paused') })
})

test('VI47 a guest whose instance went with a lost store runs on, and nothing is started beside it', async () => {
  const id = await run()
  platform.plane.kill()
  platform = { ...platform, host: { ...platform.host, store: openMemoryStore() } }
  platform.plane = startControlPlane(platform.host)
  await prepareStore(platform.plane)
  await create()
  await pass(platform, 20_000)
  expect(await machine()).toMatchObject({ id, state: { kind: 'running' } })
  expect(platform.host.starts.get('default_one')).toHaveLength(1)
  const told = findCondition((await see())?.status?.conditions, 'Synchronized')
  expect(told).toMatchObject({ status: 'False', reason: 'FailedCreate', message: expect.stringContaining(id) })
  platform.host.machines.guestShutdown(id)
  await pass(platform, 10_000)
  expect((await see())?.status?.phase).toBe('Running')
})

test('VI86 what a probe has found out stands until another control plane has asked often enough', async () => {
  const id = await run({
    spec: { networks: [{ name: 'default', pod: {} }], readinessProbe: { guestAgentPing: {}, periodSeconds: 5 } },
    devices: { interfaces: [{ name: 'default', masquerade: {} }] },
  })
  const ready = async () => findCondition((await see())?.status?.conditions, 'Ready')?.status
  platform.host.machines.connectAgent(id, { 'guest-ping': {} })
  await pass(platform, 10_000)
  expect(await ready()).toBe('True')
  const { resourceVersion } = (await see())?.metadata ?? {}
  restart(platform)
  platform.host.machines.connectAgent(id, {})
  await pass(platform, 5_000)
  expect(await ready()).toBe('True')
  await pass(platform, 15_000)
  expect(await ready()).toBe('False')
  expect((await see())?.metadata.resourceVersion).not.toBe(resourceVersion)
})

test('VI88 what an agent tells stands while another control plane takes over, and nothing is written for it', async () => {
  const id = await run()
  platform.host.machines.connectAgent(id, {
    'guest-get-osinfo': { id: 'debian', name: 'Debian GNU/Linux', 'version-id': '12' },
    'guest-network-get-interfaces': [],
    'guest-fsfreeze-status': 'thawed',
    'guest-info': { version: '7.2', supported_commands: [] },
  })
  await pass(platform, 1_000)
  const before = await see()
  expect(before?.status).toMatchObject({ guestOSInfo: { id: 'debian', versionId: '12' } })
  expect(findCondition(before?.status?.conditions, 'AgentVersionNotSupported')).toMatchObject({ status: 'True' })
  restart(platform)
  await pass(platform, 200_000)
  expect(await see()).toEqual(before)
})

const watched = (action: string): Changes => ({ devices: { watchdog: { name: 'dog', i6300esb: { action } } } })

test('VI41 a guest that hangs is ended, shut down or reset by its watchdog, as the spec says', async () => {
  const id = await run(watched('poweroff'))
  platform.host.machines.guestHangs(id)
  await pass(platform, 100)
  expect((await see())?.status).toMatchObject({ phase: 'Failed', reason: 'WatchdogFired' })
  await instances().delete(key)
  await pass(platform, 1_000)

  platform.host.machines.guestHangs(await run(watched('reset')))
  await pass(platform, bootMs)
  expect((await see())?.status?.phase).toBe('Running')
  await instances().delete(key)
  await pass(platform, 3_000)

  platform.host.machines.guestHangs(await run(watched('shutdown')))
  await pass(platform, bootMs)
  expect((await see())?.status).toMatchObject({ phase: 'Succeeded', reason: 'GuestShutdown' })
})

test('VI42 a disk that fails pauses the guest, which is told once with the disk, until it is resumed', async () => {
  const id = await run(withImage)
  const paused = async () => findCondition((await see())?.status?.conditions, 'Paused')
  const failures = () => platform.host.announced.filter((event) => event.startsWith('IOerror'))
  platform.host.machines.failDisk(id, 'root', true)
  await pass(platform, 1_000)
  expect(await paused()).toMatchObject({
    reason: 'PausedIOError',
    message: 'VMI was paused, low-level IO error detected',
  })
  expect((await see())?.status?.phase).toBe('Running')
  expect(failures()).toEqual(['IOerror: VM Paused due to not enough space on volume: root'])
  await put('unpause')
  await pass(platform, 1_000)
  expect(await paused()).toBeUndefined()
  platform.host.machines.failDisk(id, 'root')
  await pass(platform, 1_000)
  expect(failures().slice(1)).toEqual(['IOerror: VM Paused due to IO error at the volume: root'])
})

test('VI43 what a TPM remembers is kept over the instances of a VM, and goes with the VM', async () => {
  const vms = platform.plane.client.resource<VirtualMachine>(virtualMachineDefinition)
  const spec = { domain: { memory: { guest: '64Mi' }, devices: { tpm: { persistent: true } } } }
  const { metadata } = await vms.create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: key,
    spec: { runStrategy: 'Always', template: { spec } },
  })
  await pass(platform, bootMs)
  await instances().delete(key)
  await pass(platform, 10_000)
  expect((await see())?.status?.phase).toBe('Running')
  expect(platform.host.machines.kept).toEqual([metadata.uid])
  await vms.delete(key)
  await pass(platform, 10_000)
  expect(await vms.find(key)).toBeUndefined()
  expect(platform.host.machines.kept).toEqual([])
})

test('VI44 a guest for which there is not enough memory waits, and is launched when there is', async () => {
  platform.host.memoryBytes = 250 * 1024 * 1024
  await create({ spec: { domain: { memory: { guest: '256Mi' }, devices: {} } } })
  await pass(platform, 12_000)
  const condition = findCondition((await see())?.status?.conditions, 'PodScheduled')
  expect(condition).toMatchObject({ status: 'False', reason: 'Unschedulable' })
  expect(condition?.message).toMatch(/^0\/1 nodes are available: 1 Insufficient memory\./)
  platform.host.memoryBytes = 1024 ** 3
  await pass(platform, 6_000)
  expect((await see())?.status?.phase).toBe('Running')
})
