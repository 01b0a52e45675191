// A guest with QEMU's guest agent: what it tells, what it lets be done inside, and a probe that runs there.

import { join } from 'node:path'
import { type Event, eventDefinition, type Secret, secretDefinition, type VirtualMachineInstance } from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import { findCondition } from '@sheaf/api/meta'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { agentGuestReference } from '../../tools/guest/build-guest.ts'
import { ensureAgentGuestImage } from '../../tools/guest/ensure-guest-image.ts'
import { eventually } from '../kit/eventually.ts'
import { openConsole } from '../kit/guest-console.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { guestMachine, instances, key, uidOf, virtualMachines } from '../kit/virtual-machines.ts'

const name = 'guarded'
const bootDeadlineMs = 90_000
const [firstKey, secondKey] = ['ssh-ed25519 AAAAfirst somebody', 'ssh-ed25519 AAAAsecond somebody']

let server: ServerProcess
beforeAll(async () => {
  await ensureAgentGuestImage(join(root, '.generated', 'images'))
  server = await startServerProcess()
  await secrets().create(secretOf('keys', { laptop: firstKey }))
  await secrets().create(secretOf('passwords', { demo: 'let me in' }))
  await virtualMachines(server).create(guarded())
})
afterAll(() => server?.dispose())

const secrets = () => server.client.resource<Secret>(secretDefinition)
const secretOf = (secret: string, stringData: Record<string, string>): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: key(secret),
  stringData,
})

function guarded() {
  const vm = guestMachine(name, 'Always')
  const { spec } = vm.spec.template
  const container = spec.domain.firmware?.kernelBoot?.container
  if (container !== undefined) container.image = agentGuestReference
  spec.domain.memory = { guest: '160Mi' }
  spec.domain.devices.disks = [{ name: 'data', disk: { bus: 'virtio' } }]
  spec.volumes = [{ name: 'data', emptyDisk: { capacity: '16Mi' } }]
  spec.readinessProbe = { exec: { command: ['ls', '/run/ready'] }, periodSeconds: 2, timeoutSeconds: 5 }
  spec.livenessProbe = { guestAgentPing: {}, initialDelaySeconds: 120, periodSeconds: 2, timeoutSeconds: 5 }
  const source = (secretName: string) => ({ secret: { secretName } })
  spec.accessCredentials = [
    { sshPublicKey: { source: source('keys'), propagationMethod: { qemuGuestAgent: { users: ['demo'] } } } },
    { userPassword: { source: source('passwords'), propagationMethod: { qemuGuestAgent: {} } } },
  ]
  return vm
}

const condition = (instance: VirtualMachineInstance, type: string) => findCondition(instance.status?.conditions, type)

function untilInstance(what: string, holds: (instance: VirtualMachineInstance) => boolean): Promise<VirtualMachineInstance> {
  return eventually(
    what,
    async () => {
      const instance = await instances(server).find(key(name))
      return instance !== undefined && holds(instance) && instance
    },
    bootDeadlineMs,
  )
}

test('tells of its system and its addresses once its agent is connected', async () => {
  const instance = await untilInstance('the agent is connected and tells', ({ status }) => status?.guestOSInfo?.id !== undefined)
  expect(condition(instance, 'AgentConnected')?.status).toBe('True')
  expect(condition(instance, 'AgentVersionNotSupported')).toBeUndefined()
  expect(instance.status?.guestOSInfo).toMatchObject({ id: 'sheaf-guest', name: 'Sheaf guest', versionId: '1' })
  const connected = await untilInstance(
    'the agent tells of interfaces',
    ({ status }) => status?.interfaces?.[0]?.infoSource === 'domain, guest-agent',
  )
  expect(connected.status?.interfaces?.[0]).toMatchObject({
    name: 'default',
    interfaceName: 'eth0',
    ipAddress: '10.0.2.15',
  })
  const path = `/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances/${name}/guestosinfo`
  const told: unknown = JSON.parse(await bodyText((await server.client.request('GET', path)).body))
  expect(told).toMatchObject({ hostname: 'guest', os: { id: 'sheaf-guest' } })
})

test('is ready when the command of its probe succeeds inside, and is not before', async () => {
  const before = await instances(server).get(key(name))
  expect(condition(before, 'Ready')).toMatchObject({
    status: 'False',
    reason: 'ContainersNotReady',
    message: 'containers with unready status: [compute]',
  })
  await eventually('it is explained', async () => {
    const { stdout } = await server.sheaf('explain', name)
    return stdout.includes('its readiness probe (ls /run/ready in the guest, every 2 s) does not succeed: Readiness probe failed')
  })
  const guest = await openConsole(server, name)
  await guest.run('touch /run/ready')
  guest.close()
  await untilInstance('it is ready', (instance) => condition(instance, 'Ready')?.status === 'True')
  await eventually('its VM is ready', async () => (await virtualMachines(server).get(key(name))).status?.ready === true)
})

test('lets the keys and passwords of its Secrets in, also when they change', async () => {
  await untilInstance(
    'the credentials are in place',
    (instance) => condition(instance, 'AccessCredentialsSynchronized')?.status === 'True',
  )
  const guest = await openConsole(server, name)
  expect(await guest.run('cat /home/demo/.ssh/authorized_keys')).toContain(firstKey)
  const salt = (await guest.run('grep ^demo: /etc/shadow | cut -d"$" -f3')).trim()
  const shadow = await guest.run('grep ^demo: /etc/shadow')
  expect(shadow).toContain(`$6$${salt}$`)
  expect(await guest.run(`grep -qF "$(mkpasswd -m sha512 -S ${salt} 'let me in')" /etc/shadow && echo it fits`)).toContain(
    'it fits',
  )
  await secrets().patch(key('keys'), { stringData: { laptop: secondKey } })
  await eventually(
    'the new key is in place',
    async () => (await guest.run('cat /home/demo/.ssh/authorized_keys')).includes(secondKey),
    bootDeadlineMs,
  )
  expect(await guest.run('cat /home/demo/.ssh/authorized_keys')).not.toContain(firstKey)
  guest.close()
})

test('tells that its filesystems are frozen, and no more when they are thawed', async () => {
  const put = (action: string, body: object) =>
    server.client.request(
      'PUT',
      `/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances/${name}/${action}`,
      body as never,
    )
  await put('freeze', { unfreezeTimeout: '1m0s' })
  await untilInstance('it is frozen', ({ status }) => status?.fsFreezeStatus === 'frozen')
  await put('unfreeze', {})
  await untilInstance('it is thawed', ({ status }) => status?.fsFreezeStatus === undefined)
  await untilInstance('it is ready again', (instance) => condition(instance, 'Ready')?.status === 'True')
})

test('stays ready while another control plane takes over', async () => {
  const { metadata } = await instances(server).get(key(name))
  await server.kill('SIGKILL')
  await server.start()
  const since = performance.now()
  await eventually('probes have been asked for a while', async () => {
    const instance = await instances(server).get(key(name))
    expect(condition(instance, 'Ready')?.status).toBe('True')
    return performance.now() - since > 5_000
  })
  expect((await instances(server).get(key(name))).metadata.uid).toBe(metadata.uid)
})

test('ends as Failed when its agent does not answer the liveness probe any more, and its strategy starts another', async () => {
  const before = await instances(server).get(key(name))
  const guest = await openConsole(server, name)
  await guest.run('kill $(pidof qemu-ga)')
  guest.close()
  const after = await eventually(
    'another instance runs',
    async () => {
      const instance = await instances(server).find(key(name))
      return instance !== undefined && uidOf(instance) !== uidOf(before) && instance.status?.phase === 'Running' && instance
    },
    240_000,
  )
  expect(condition(after, 'Ready')?.status).toBe('False')
  const { items } = await server.client.resource<Event>(eventDefinition).list({ namespace: 'default' })
  const said = items.filter(({ involvedObject }) => involvedObject.uid === uidOf(before)).map(({ message }) => message)
  expect(said).toContain('Container compute failed liveness probe')
  expect(said).toContainEqual(expect.stringMatching(/^Liveness probe failed: the guest agent/))
  expect(said).toContainEqual(expect.stringContaining('its liveness probe failed'))
}, 300_000)
