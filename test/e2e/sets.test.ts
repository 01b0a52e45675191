// What every kubectl, unmodified, does with sets of machines: scale them, take a member away, be told why not. Their
// firmware finds nothing to boot, which costs little; the pool of the examples has real guests.

import { join } from 'node:path'
import type { VirtualMachinePool } from '@sheaf/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { findKubectls, type KubectlSession, kubectlSession } from '../kit/kubectl.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { emptyMachine, uidOf, untilGuestAnswers } from '../kit/virtual-machines.ts'

const all = await findKubectls()
/** The oldest reads discovery by group, and the newest at once: between them nothing about scaling has changed. */
const kubectls = all.filter((_, index) => index === 0 || index === all.length - 1)

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess()
})
afterAll(() => server?.dispose())

const labels = { app: 'shop' }
const { template } = emptyMachine('shop', 'Always').spec
const selector = { matchLabels: labels }
const marked = { metadata: { labels }, spec: template.spec }

const replicaSet = {
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstanceReplicaSet',
  metadata: { name: 'web' },
  spec: { replicas: 2, selector, template: marked },
}

const pool = {
  apiVersion: 'pool.kubevirt.io/v1beta1',
  kind: 'VirtualMachinePool',
  metadata: { name: 'shop' },
  spec: {
    replicas: 2,
    selector,
    scaleInStrategy: { proactive: { selectionPolicy: { sortPolicy: 'DescendingOrder' } } },
    virtualMachineTemplate: { metadata: { labels }, spec: { runStrategy: 'Always', template: marked } },
  },
} satisfies Partial<VirtualMachinePool>

describe.each(kubectls)('kubectl $version', (kubectl) => {
  const namespace = `sets-${kubectl.minor}`
  let k: KubectlSession
  beforeAll(async () => {
    k = kubectlSession(kubectl, server, namespace)
    await k.ok('create', 'namespace', namespace)
  })
  afterAll(() => k?.dispose())

  const untilReady = (what: string, count: number) =>
    eventually(`${what} has ${count} ready`, async () => {
      const said = await k.ok('get', what, '-o', 'jsonpath={.status.replicas} {.status.readyReplicas}')
      return said === `${count} ${count}`
    })
  const namesOf = async (what: string) => (await k.ok('get', what, '-o', 'name')).split('\n').filter((line) => line !== '')

  test('SC7 scale knows a replica set, and a deleted instance is replaced', async () => {
    await k.send('apply', replicaSet)
    await untilReady('vmirs/web', 2)
    expect(await k.ok('get', 'vmirs', 'web', '--no-headers')).toMatch(/^web +2 +2 +2 +\d+s\n$/)
    expect(await k.ok('scale', 'vmirs', 'web', '--replicas=3')).toMatch(/^virtualmachineinstancereplicaset\S*\/web scaled\n$/)
    await untilReady('vmirs/web', 3)
    const before = await namesOf('vmi')
    await k.ok('delete', before[0] ?? '', '--wait=true')
    await untilReady('vmirs/web', 3)
    const after = await namesOf('vmi')
    expect(after).toHaveLength(3)
    expect(after).not.toContain(before[0])
    // A condition on the number makes it read the scale first, and write it whole.
    expect(await k.refusal(['scale', 'vmirs/web', '--current-replicas=7', '--replicas=1'])).toMatch(/replicas.*7/)
    await k.ok('scale', 'vmirs/web', '--current-replicas=3', '--replicas=0')
    await untilGone('vmi')
    await k.ok('delete', 'vmirs', 'web')
  })

  const untilGone = (what: string) => eventually(`no ${what} is left`, async () => (await namesOf(what)).length === 0)

  test('VP7 scale knows a pool, and a deleted VM comes back under its number', async () => {
    await k.send('apply', pool)
    await untilReady('vmpool/shop', 2)
    expect(await k.ok('get', 'vmpool', '--no-headers')).toMatch(/^shop +2 +2 +2 +\d+s\n$/)
    await k.ok('scale', 'vmpool', 'shop', '--replicas=3')
    await untilReady('vmpool/shop', 3)
    const uid = () => k.ok('get', 'vm', 'shop-1', '-o', 'jsonpath={.metadata.uid}')
    const before = await uid()
    await k.ok('delete', 'vm', 'shop-1')
    await eventually('shop-1 is another', async () => (await uid().catch(() => before)) !== before)
    await untilReady('vmpool/shop', 3)
    await k.ok('scale', 'vmpool/shop', '--replicas=1')
    await eventually('shop-0 is left', async () => (await namesOf('vm')).join() === 'virtualmachine.kubevirt.io/shop-0')
    await k.ok('delete', 'vmpool', 'shop')
    await untilGone('vm')
  })

  test('SC5 what cannot be scaled so is refused in words', async () => {
    await k.send('apply', { ...replicaSet, spec: { ...replicaSet.spec, replicas: 0 } })
    const patch = ['patch', 'vmirs', 'web', '--type=merge', '-p', '{"spec":{"replicas":-1}}']
    expect(await k.refusal(patch)).toContain('spec.replicas')
    await k.ok('delete', 'vmirs', 'web')
  })

  test('RK1 presets are known, and refused with what replaces them', async () => {
    const preset = {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstancePreset',
      metadata: { name: 'small' },
      spec: { selector },
    }
    expect(await k.refusal(['create', '-f', '-'], JSON.stringify(preset))).toContain('VirtualMachineInstancetype')
    expect(await namesOf('vmipreset')).toEqual([])
  })

  test('PC3 priority classes are there, and explained', async () => {
    expect(await k.ok('get', 'pc', 'system-node-critical', '--no-headers')).toMatch(
      /^system-node-critical +2000001000 +false +\d+\w+/,
    )
    expect(await k.ok('explain', 'vmpool.spec.replicas')).toContain('How many virtual machines there are to be')
  })
})

test('VP7 the guests of a pool answer, each for itself', async () => {
  const newest = kubectls.at(-1)
  if (newest === undefined) throw new Error('no kubectl')
  const k = kubectlSession(newest, server, 'default')
  try {
    await k.ok('apply', '-f', join(root, 'examples', 'pool.yaml'))
    const first = await untilGuestAnswers(server, 'workers-0')
    const second = await untilGuestAnswers(server, 'workers-1')
    expect(uidOf(first.instance)).not.toBe(uidOf(second.instance))
    await k.ok('delete', 'vm', 'workers-0')
    const again = await untilGuestAnswers(server, 'workers-0', first)
    expect(uidOf(again.vm)).not.toBe(uidOf(first.vm))
    await k.ok('delete', '-f', join(root, 'examples', 'pool.yaml'))
    await eventually('nothing runs', () => machineProcesses(server.dataFolder).length === 0)
  } finally {
    k.dispose()
  }
})
