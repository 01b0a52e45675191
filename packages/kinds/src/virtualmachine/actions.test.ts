import type { Client, ResourceClient, ResourceName } from '@sheaf/api/client'
import type { ApiObject } from '@sheaf/api/meta'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { virtualMachineActions } from './actions.ts'
import { situations } from './run-strategy-events.fixture.ts'
import { createWorld, type Sandbox } from './run-strategy-world.fixture.ts'

let world: Awaited<ReturnType<typeof createWorld>>
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

test('a virtual machine that is not there is named in the singular', async () => {
  const box = await world.create('Manual')
  await box.vms.delete(box.key)
  await box.settle()
  await expect(box.put('start')).rejects.toMatchObject({
    code: 404,
    message: `virtualmachine.kubevirt.io "${box.key.name}" not found`,
  })
})

test('are answered 202 with nothing, in both versions', async () => {
  const box = await world.create('Manual')
  expect(await box.put('start')).toMatchObject({ status: 202, body: '' })
  const path = `/apis/subresources.kubevirt.io/v1alpha3/namespaces/shop/virtualmachines/${box.key.name}/stop`
  await expect(box.client.request('PUT', path)).rejects.toMatchObject({ code: 409 })
})

test('a stop with a grace period, and a forced restart, shorten the time that the guest has', async () => {
  for (const [action, body, seconds] of [
    ['stop', { gracePeriod: 7 }, 7],
    ['restart', { gracePeriodSeconds: 0 }, 1],
  ] as const) {
    const box = await world.create('Manual')
    await situations['while running']?.(box)
    await box.put(action, { ...body })
    expect((await box.vmi())?.spec.terminationGracePeriodSeconds).toBe(seconds)
  }
})

test('a halted VM that is still ending can be hurried, not slowed down', async () => {
  const box = await world.create('Manual')
  await situations['while running']?.(box)
  await box.change({ spec: { runStrategy: 'Halted' } })
  await box.reconcile()
  await box.put('stop', { gracePeriod: 20 })
  await box.reconcile()
  await box.reconcile()
  for (const body of [{}, { gracePeriod: 20 }]) {
    await expect(box.put('stop', body)).rejects.toMatchObject({
      code: 409,
      message: expect.stringContaining('Halted only supports manual stop requests with a shorter graceperiod'),
    })
  }
  await box.put('stop', { gracePeriod: 0 })
  expect((await box.vmi())?.spec.terminationGracePeriodSeconds).toBe(0)
})

/** Does as the API server would, but something happens each time between a look and a write. */
async function putWhile(box: Sandbox, action: string, happens: () => Promise<unknown>) {
  const { client } = world.ports
  const slow: Client = {
    ...client,
    resource<T extends ApiObject>(name: ResourceName): ResourceClient<T> {
      const resource = client.resource<T>(name)
      return {
        ...resource,
        async find(key) {
          const found = await resource.find(key)
          if (name.kind === 'VirtualMachineInstance') await happens()
          return found
        },
      }
    },
  }
  const verb = virtualMachineActions({ client: slow }).find((each) => each.action === action)
  const user = { username: 'somebody', groups: [] }
  const call = {
    ...box.key,
    parameters: {},
    query: new URLSearchParams(),
    body: undefined,
    bytes: new Uint8Array(),
    user,
    signal: AbortSignal.timeout(5000),
    warn: () => {},
  }
  return verb?.run(call)
}

test('a race that is lost is run again, on what is there now', async () => {
  const box = await world.create('Halted')
  await box.settle()
  let happened = 0
  const answer = await putWhile(box, 'start', async () => {
    if (happened++ === 0) await box.change({ spec: { runStrategy: 'Manual' } })
  })
  expect(answer).toMatchObject({ status: 202 })
  expect(await box.vm()).toMatchObject({
    spec: { runStrategy: 'Manual' },
    status: { stateChangeRequests: [{ action: 'Start' }] },
  })
})

test('a race that is lost again and again is a conflict, and nothing is changed', async () => {
  const box = await world.create('Manual')
  await situations['while running']?.(box)
  let happened = 0
  const neverQuiet = () => box.change({ metadata: { annotations: { 'example.org/count': String(happened++) } } })
  await expect(putWhile(box, 'restart', neverQuiet)).rejects.toMatchObject({
    code: 409,
    reason: 'Conflict',
    message: expect.stringContaining('the object has been modified'),
  })
  expect((await box.vm())?.status?.stateChangeRequests).toBeUndefined()
})
