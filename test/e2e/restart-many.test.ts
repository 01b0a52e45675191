// Twenty machines on one server: a restart takes every one of them up as it is, and quickly.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { type MachineProcess, machineProcesses } from '../kit/machine-processes.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { emptyMachine, instances, uidOf, virtualMachines } from '../kit/virtual-machines.ts'

const count = 20
const startDeadlineMs = 120_000
/** Ten times what it takes on two quiet cores. */
const readyWithinMs = 10_000

let server: ServerProcess
let before: MachineProcess[]

beforeAll(async () => {
  server = await startServerProcess()
  for (let number = 0; number < count; number++) await virtualMachines(server).create(emptyMachine(`many-${number}`, 'Always'))
  await eventually('all run', async () => (await runningUids()).length === count, startDeadlineMs)
  before = byId(machineProcesses(server.dataFolder))
})
afterAll(() => server?.dispose())

const byId = (processes: MachineProcess[]): MachineProcess[] => processes.toSorted((a, b) => (a.id < b.id ? -1 : 1))

async function runningUids(): Promise<string[]> {
  const { items } = await instances(server).list()
  return items.filter(({ status }) => status?.phase === 'Running').map(uidOf)
}

test(`a server that comes back takes up ${count} machines in their processes`, async () => {
  expect(before.length).toBe(count)
  await server.kill('SIGKILL')
  const spawned = performance.now()
  await server.start()
  const readyMs = performance.now() - spawned
  await eventually('all are seen to run', async () => (await runningUids()).length === count)
  expect(byId(machineProcesses(server.dataFolder))).toEqual(before)
  const seenMs = performance.now() - spawned
  console.log(
    `${count} machines: ready ${Math.round(readyMs)} ms after the spawn, all seen running after ${Math.round(seenMs)} ms`,
  )
  expect(readyMs).toBeLessThan(readyWithinMs)
})

test('every one of them is in hand again: it can be paused and goes on', async () => {
  const phases = ['pause', 'unpause'] as const
  for (const action of phases) {
    for (const { metadata } of (await instances(server).list()).items) await put(metadata.name ?? '', action)
    await eventually(`all took up ${action}`, async () => {
      const { items } = await instances(server).list()
      return items.every(
        ({ status }) => (status?.conditions ?? []).some(({ type }) => type === 'Paused') === (action === 'pause'),
      )
    })
  }
  expect(byId(machineProcesses(server.dataFolder))).toEqual(before)
})

async function put(name: string, action: 'pause' | 'unpause'): Promise<void> {
  await server.client.request(
    'PUT',
    `/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances/${name}/${action}`,
    {},
  )
}
