// Probes over the network, of guests that answer HTTP.

import { findCondition } from '@sheaf/api/meta'
import type { VirtualMachineInstance } from '@sheaf/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { guestMachine, instances, key, virtualMachines } from '../kit/virtual-machines.ts'

const bootDeadlineMs = 90_000
const quick = { periodSeconds: 1, timeoutSeconds: 3 }

type Spec = VirtualMachineInstance['spec']

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess()
  await create('asked', {
    readinessProbe: { httpGet: { port: 'http', path: '/heartbeat' }, ...quick },
    livenessProbe: { tcpSocket: { port: 80 }, ...quick, initialDelaySeconds: 5, failureThreshold: 60 },
  })
  await create('shut', { readinessProbe: { httpGet: { port: 80, path: '/missing' }, ...quick } })
  await create('heard', { readinessProbe: { tcpSocket: { port: 80 }, ...quick } })
  await create('deaf', { readinessProbe: { tcpSocket: { port: 81 }, ...quick } })
})
afterAll(() => server?.dispose())

async function create(name: string, probes: Pick<Spec, 'readinessProbe' | 'livenessProbe'>): Promise<void> {
  const vm = guestMachine(name, 'Always')
  Object.assign(vm.spec.template.spec, probes)
  await virtualMachines(server).create(vm)
}

const readyOf = async (name: string) => findCondition((await instances(server).find(key(name)))?.status?.conditions, 'Ready')
const untilReadyIs = (name: string, status: string, reason?: string) =>
  eventually(
    `Ready of ${name} is ${status}`,
    async () => {
      const ready = await readyOf(name)
      return ready?.status === status && ready.reason === reason && ready
    },
    bootDeadlineMs,
  )

test('a guest is ready once its server answers, and its VM with it', async () => {
  await untilReadyIs('asked', 'False', 'ContainersNotReady')
  await untilReadyIs('asked', 'True')
  await eventually('its VM is ready', async () => (await virtualMachines(server).get(key('asked'))).status?.ready === true)
})

test('a guest is ready once it takes connections', () => untilReadyIs('heard', 'True'))

test('a guest that is paused is not ready, and is again when it goes on', async () => {
  const before = await instances(server).get(key('asked'))
  const refusal = await server.sheaf('pause', 'asked')
  expect(refusal.stderr).toContain('Pausing VMIs with a non-GuestAgentPing LivenessProbe is not supported')
  expect((await instances(server).get(key('asked'))).metadata.uid).toBe(before.metadata.uid)
  expect(await server.sheaf('pause', 'shut')).toMatchObject({ code: 0 })
  await untilReadyIs('shut', 'False', 'ReadinessGatesNotReady')
  expect(await server.sheaf('unpause', 'shut')).toMatchObject({ code: 0 })
  await untilReadyIs('shut', 'False', 'ContainersNotReady')
})

test.each([
  ['shut', 'HTTP probe failed with statuscode: 404'],
  ['deaf', 'dial tcp 10.0.2.15:81: connect: connection refused'],
])('why %s is not ready is explained', async (name, why) => {
  await eventually('it is explained', async () => (await server.sheaf('explain', name)).stdout.includes(why), bootDeadlineMs)
  expect((await readyOf(name))?.status).toBe('False')
  expect((await virtualMachines(server).get(key(name))).status?.printableStatus).toBe('Running')
})
