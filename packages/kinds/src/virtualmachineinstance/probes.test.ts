// docs/spec/instance.md, probes: the real API server and the real controller over a simulated host.

import { findCondition } from '@sheaf/api/meta'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type ActionWorld, startActionWorld } from './actions/action-world.fixture.ts'

let world: ActionWorld
beforeEach(async () => {
  world = await startActionWorld()
})
afterEach(() => world.stop())

const name = 'one'
const readinessProbe = { tcpSocket: { port: 80 }, periodSeconds: 10, failureThreshold: 2 }
const livenessProbe = { guestAgentPing: {}, periodSeconds: 10, failureThreshold: 2 }
const unready = { status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [compute]' }
const ready = () => world.condition(name, 'Ready')
const untilReady = (status: string, reason?: string): Promise<void> =>
  world.until(async () => {
    const condition = await ready()
    return condition?.status === status && condition.reason === reason
  })
const unhealthy = () => world.recorded.filter((each) => each.startsWith('Warning Unhealthy'))
/** Time goes on in small steps, as it does. */
const pass = (ms: number): Promise<void> => {
  const end = world.clock.now() + ms
  return world.until(() => world.clock.now() >= end, 100)
}

it('VI80 an instance is ready while its probe passes, and says so in the words of a pod', async () => {
  const id = await world.create(name, { readinessProbe })
  expect(await ready()).toMatchObject(unready)
  await pass(5_000)
  expect(await ready()).toMatchObject(unready)
  world.world.serveGuestPort(id, 80, () => {})
  await untilReady('True')
  world.world.machines.get(id)?.services.delete(80)
  await pass(12_000)
  expect((await ready())?.status).toBe('True')
  await untilReady('False', 'ContainersNotReady')
})

it('VI80 nothing is asked before the initial delay is over, counted from the start of the machine', async () => {
  const id = await world.create(name, { readinessProbe: { ...readinessProbe, initialDelaySeconds: 30 } })
  world.world.serveGuestPort(id, 80, () => {})
  await pass(28_000)
  expect((await ready())?.status).toBe('False')
  expect(unhealthy()).toEqual([])
  await untilReady('True')
})

it('VI81 an instance whose liveness probe fails is shut down and Failed, though the guest obeys', async () => {
  const id = await world.create(name, { livenessProbe })
  world.world.connectAgent(id, { 'guest-ping': {} })
  await pass(30_000)
  expect((await world.get(name)).status?.phase).toBe('Running')
  world.world.connectAgent(id, {})
  await world.until(async () => (await world.get(name)).metadata.annotations?.['sheaf.io/liveness-failed-at'] !== undefined)
  await world.until(async () => (await world.get(name)).status?.phase === 'Failed')
  expect((await world.get(name)).status?.reason).toBe('LivenessProbeFailed')
  expect(world.recorded).toContain('Normal Killing one: Container compute failed liveness probe')
  expect(world.recorded).toContain('Normal ShuttingDown one: Signaled Graceful Shutdown')
  expect(world.recorded.at(-1)).toBe('Normal Stopped one: The VirtualMachineInstance was shut down: its liveness probe failed.')
})

it('VI81 a guest that does not hear the power button is ended after its grace period, with or without one', async () => {
  for (const [each, terminationGracePeriodSeconds] of [
    ['deaf', 7],
    ['hasty', 0],
  ] as const) {
    const id = await world.create(each, { livenessProbe, terminationGracePeriodSeconds })
    world.world.ignorePowerButton(id)
    await world.until(async () => (await world.get(each)).metadata.annotations?.['sheaf.io/liveness-failed-at'] !== undefined)
    const begun = world.clock.now()
    await world.until(async () => (await world.get(each)).status?.phase === 'Failed')
    expect(world.clock.now() - begun).toBeGreaterThanOrEqual(terminationGracePeriodSeconds * 1000 - 200)
    expect((await world.get(each)).status?.reason).toBe('LivenessProbeFailed')
  }
})

it('VI82 a probe that fails on and on is told once in five minutes', async () => {
  await world.create(name, { readinessProbe })
  await pass(290_000)
  expect(unhealthy()).toEqual([
    'Warning Unhealthy one: Readiness probe failed: dial tcp 10.0.2.15:80: i/o timeout',
    'Warning Unhealthy one: Readiness probe failed: dial tcp 10.0.2.15:80: connect: connection refused',
  ])
  await pass(30_000)
  expect(unhealthy()).toHaveLength(3)
})

it('VI85 an instance that is paused is not ready, is not asked, and is afterwards what it was before', async () => {
  const id = await world.create(name, { readinessProbe: { guestAgentPing: {}, periodSeconds: 1 }, livenessProbe })
  let pings = 0
  world.world.connectAgent(id, { 'guest-ping': () => ++pings })
  await untilReady('True')
  expect(await world.put(name, 'pause')).toMatchObject({ code: 200 })
  await untilReady('False', 'ReadinessGatesNotReady')
  const before = pings
  await pass(60_000)
  expect(pings).toBe(before)
  expect((await world.get(name)).status?.phase).toBe('Running')
  expect(await world.put(name, 'unpause')).toMatchObject({ code: 200 })
  await untilReady('True')
})

it('VI87 nobody is asked any more, and no timer is left, when an instance has ended or is deleted', async () => {
  await world.create('other')
  await pass(5_000)
  const before = world.clock.waiting
  const id = await world.create(name, { readinessProbe, livenessProbe, terminationGracePeriodSeconds: 0 })
  let pings = 0
  world.world.connectAgent(id, { 'guest-ping': () => ++pings, 'guest-fsfreeze-status': 'thawed' })
  await pass(20_000)
  expect(pings).toBeGreaterThan(0)
  world.world.guestShutdown(id)
  await world.until(async () => (await world.get(name)).status?.phase === 'Succeeded')
  const asked = pings
  await pass(60_000)
  expect(pings).toBe(asked)
  expect(world.clock.waiting).toBe(before)
  expect(findCondition((await world.get(name)).status?.conditions, 'Ready')?.status).toBe('False')
})
