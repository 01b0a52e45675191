// The strategy that a halted VM had: who keeps it, who gives it back, who may change it.

import { memorableRunStrategies, rememberedRunStrategyAnnotation as annotation, type VirtualMachine } from '@sheaf/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorld, type Sandbox } from './run-strategy-world.fixture.ts'

let world: Awaited<ReturnType<typeof createWorld>>
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

const remembered = async (box: Sandbox): Promise<string | undefined> => (await box.vm())?.metadata.annotations?.[annotation]
const strategyOf = async (box: Sandbox) => (await box.vm())?.spec.runStrategy
const become = (box: Sandbox, runStrategy: string) => box.change({ spec: { runStrategy } })

test('RS44 WaitAsReceiver is refused from any strategy, and nothing changes', async () => {
  const message = expect.stringContaining('Invalid RunStrategy (WaitAsReceiver)')
  for (const strategy of [...memorableRunStrategies, 'Halted'] as const) {
    const box = await world.create(strategy)
    await box.settle()
    const before = await box.vm()
    await expect(become(box, 'WaitAsReceiver')).rejects.toMatchObject({ code: 422, message })
    expect(await box.vm()).toEqual(before)
  }
  await expect(world.create('WaitAsReceiver')).rejects.toMatchObject({ code: 422, message })
})

describe('RS45 the last strategy that was not Halted stands in the annotation', () => {
  test.each(memorableRunStrategies)('RS45 %s, from the creation on, and over a halt', async (strategy) => {
    const box = await world.create(strategy)
    expect(await remembered(box)).toBe(strategy)
    await become(box, 'Halted')
    expect(await remembered(box)).toBe(strategy)
  })

  test('RS45 by the write that changes it: an edit, a stop and a start', async () => {
    const box = await world.create('Halted')
    expect(await remembered(box)).toBeUndefined()
    await become(box, 'Once')
    expect(await remembered(box)).toBe('Once')
    await box.put('stop')
    expect([await strategyOf(box), await remembered(box)]).toEqual(['Halted', 'Once'])
    await box.put('start')
    expect([await strategyOf(box), await remembered(box)]).toEqual(['Always', 'Always'])
  })

  test('RS45 not for a VM that uses running', async () => {
    const box = await world.create(true)
    await box.put('stop')
    await box.post('start')
    expect((await box.vm())?.spec.running).toBe(true)
    expect(await remembered(box)).toBeUndefined()
    await box.change({ spec: { running: null, runStrategy: 'Halted' } })
    expect(await remembered(box)).toBe('Always')
  })
})

describe("RS46 Harvester's start gives it back", () => {
  test.each(memorableRunStrategies)('RS46 %s, which runs again', async (strategy) => {
    const box = await world.create(strategy)
    await box.settle()
    await box.post('stop')
    await box.settle()
    expect(await box.post('start')).toMatchObject({ status: 204, body: '' })
    await box.settle()
    expect(await strategyOf(box)).toBe(strategy)
    expect((await box.vmi())?.status?.phase).toBe('Running')
    expect((await box.vm())?.status?.stateChangeRequests).toBeUndefined()
  })

  test('RS46 of a guest that has shut down and was halted before anybody looked', async () => {
    const box = await world.create('RerunOnFailure')
    await box.settle()
    await box.setPhase('Succeeded')
    await box.post('stop')
    await box.post('start')
    await box.settle()
    expect(await strategyOf(box)).toBe('RerunOnFailure')
    expect((await box.vmi())?.status?.phase).toBe('Running')
  })

  test('RS46 a halt that comes after the start wins', async () => {
    const box = await world.create('Manual')
    await become(box, 'Halted')
    await box.settle()
    await box.post('start')
    await box.reconcile()
    await box.post('stop')
    await box.settle()
    expect(await strategyOf(box)).toBe('Halted')
    expect(await box.vmi()).toBeUndefined()
  })

  test('RS46 it has no options, and a dry run changes nothing', async () => {
    const box = await world.create('Halted')
    await expect(box.post('start', { paused: true })).rejects.toMatchObject({
      code: 400,
      message: expect.stringContaining('no option "paused"'),
    })
    const before = await box.vm()
    await box.post('start', { dryRun: ['All'] })
    expect(await box.vm()).toEqual(before)
  })
})

describe('RS47 explicit edits win', () => {
  test('RS47 of the strategy, over what is remembered', async () => {
    const box = await world.create('Once')
    await become(box, 'Halted')
    await become(box, 'Manual')
    expect([await strategyOf(box), await remembered(box)]).toEqual(['Manual', 'Manual'])
  })

  test('RS47 of the annotation while halted; leaving it out forgets nothing', async () => {
    const box = await world.create('Once')
    await become(box, 'Halted')
    await box.change({ metadata: { annotations: { [annotation]: null } } })
    expect(await remembered(box)).toBe('Once')
    await box.change({ metadata: { annotations: { [annotation]: 'Manual' } } })
    expect(await remembered(box)).toBe('Manual')
    await box.post('start')
    await box.settle()
    expect(await strategyOf(box)).toBe('Manual')
  })

  test('RS47 of both at once: an object that comes from elsewhere brings what it was', async () => {
    const box = await world.create('Always')
    await box.change({ metadata: { annotations: { [annotation]: 'Once' } }, spec: { runStrategy: 'Halted' } })
    expect(await remembered(box)).toBe('Once')
  })

  test.each(['Halted', 'WaitAsReceiver', 'always', ''])('RS47 "%s" cannot be given back and is refused', async (value) => {
    const box = await world.create('Halted')
    await expect(box.change({ metadata: { annotations: { [annotation]: value } } })).rejects.toMatchObject({
      code: 422,
      message: expect.stringContaining('Always, RerunOnFailure, Manual or Once'),
    })
  })

  test('RS47 of a running VM the annotation is no wish: it says what the VM is', async () => {
    const box = await world.create('Always')
    await box.change({ metadata: { annotations: { [annotation]: 'Once' } } })
    expect(await remembered(box)).toBe('Always' satisfies VirtualMachine['spec']['runStrategy'])
  })
})
