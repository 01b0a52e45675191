// docs/spec/instance.md, as far as it is about who gets a place: the real API server and controllers over simulated machines.

import { type Node, nodeDefinition, type VirtualMachineInstance, virtualMachineInstanceDefinition } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pass, type Platform } from './pace.ts'
import { closePlatform, openPlatform } from './platform.ts'

const bootMs = 3_000
/** Less than the time after which what waits is looked at again without a reason. */
const noticeMs = 1_000

let platform: Platform
beforeEach(async () => {
  platform = await openPlatform()
  await nodes().create({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'here', labels: { 'kubernetes.io/hostname': 'here' } },
  })
})
afterEach(() => closePlatform(platform))

const nodes = () => platform.plane.client.resource<Node>(nodeDefinition)
const here = { namespace: '', name: 'here' }
const instances = () => platform.plane.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
const keyOf = (name: string) => ({ namespace: 'default', name })

function create(
  name: string,
  spec: Partial<VirtualMachineInstance['spec']> = {},
  labels: Record<string, string> = {},
): Promise<VirtualMachineInstance> {
  return instances().create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { ...keyOf(name), labels },
    spec: { domain: { memory: { guest: '64Mi' }, devices: {} }, ...spec },
  })
}

/** Its phase, and why it has no place. */
async function see(name: string): Promise<[string | undefined, string | undefined]> {
  const { status } = await instances().get(keyOf(name))
  return [status?.phase, findCondition(status?.conditions, 'PodScheduled')?.message]
}

const running = ['Running', undefined]
const waiting = (reason: string) => ['Scheduling', `0/1 nodes are available: 1 node(s) ${reason}.`]

const apart = (app: string): Partial<VirtualMachineInstance['spec']> => {
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } }
  return { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } }
}

test('VI60 what the node does not take waits, and starts as soon as the node takes it', async () => {
  await nodes().patch(here, { spec: { unschedulable: true } })
  await create('one')
  await create('picky', { nodeSelector: { rack: '7' } })
  await pass(platform, bootMs)
  expect(await see('one')).toEqual(waiting('were unschedulable'))
  await nodes().patch(here, { spec: { unschedulable: null } })
  await pass(platform, noticeMs)
  expect((await see('one'))[0]).toBe('Running')
  expect(await see('picky')).toEqual(waiting("didn't match Pod's node affinity/selector"))
  await nodes().patch(here, { metadata: { labels: { rack: '7' } } })
  await pass(platform, noticeMs)
  expect(await see('picky')).toEqual(running)
})

test('VI62 what has its place keeps it, whatever becomes of the node', async () => {
  await create('one', { nodeSelector: { 'kubernetes.io/hostname': 'here' } })
  await pass(platform, bootMs)
  const before = await instances().get(keyOf('one'))
  await nodes().patch(here, {
    metadata: { labels: { 'kubernetes.io/hostname': null } },
    spec: { unschedulable: true, taints: [{ key: 'a', effect: 'NoExecute' }] },
  })
  await pass(platform, bootMs)
  expect(await instances().get(keyOf('one'))).toEqual(before)
})

test('VI63 of those that keep each other away one runs, and the next when it is gone', async () => {
  const names = Array.from({ length: 6 }, (_, index) => `crowd-${index}`)
  await Promise.all(names.map((name) => create(name, apart('crowd'), { app: 'crowd' })))
  for (let left = names; left.length > 0; ) {
    // The one before shuts down first.
    await pass(platform, 2 * bootMs)
    const seen = await Promise.all(left.map(async (name) => ({ name, phase: (await see(name))[0] })))
    const [runs, ...others] = seen.filter(({ phase }) => phase === 'Running')
    if (runs === undefined) throw new Error('nobody runs')
    expect(others).toEqual([])
    for (const { name } of seen.filter(({ phase }) => phase !== 'Running'))
      expect(await see(name)).toEqual(waiting("didn't match pod anti-affinity rules"))
    await instances().delete(keyOf(runs.name))
    left = left.filter((name) => name !== runs.name)
  }
})

test('VI63 what others keep away from starts beside them when they are gone', async () => {
  await create('hermit', apart('crowd'))
  await pass(platform, bootMs)
  await create('one', {}, { app: 'crowd' })
  await pass(platform, noticeMs)
  expect(await see('one')).toEqual(waiting("didn't satisfy existing pods anti-affinity rules"))
  await instances().patch(keyOf('hermit'), { metadata: { labels: { quiet: 'yes' } } })
  await instances().delete(keyOf('hermit'))
  await pass(platform, bootMs)
  expect(await see('one')).toEqual(running)
})
