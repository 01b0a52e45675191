// The server dies at random instants while machines are being created, stopped and deleted. Whatever it was in the
// middle of, the next one finishes it, and nothing is left over.

import { setTimeout as pause } from 'node:timers/promises'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { RunStrategy } from '@sheaf/api'
import { StatusError } from '@sheaf/api/meta'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { machineFolders, machineProcesses } from '../kit/machine-processes.ts'
import { type ProcessSampling, sampleProcesses } from '../kit/sampling.ts'
import { pick, printedRandom } from '../kit/seed.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { act, emptyMachine, instances, key, uidOf, virtualMachines } from '../kit/virtual-machines.ts'

const isFull = process.env['SHEAF_TEST_FULL'] === '1'
const rounds = isFull ? 60 : 20
const mostRounds = 3 * rounds
const clients = 3
const names = ['a', 'b', 'c', 'd', 'e', 'f'] as const
const strategies = ['Always', 'RerunOnFailure', 'Manual', 'Once', 'Halted'] as const satisfies RunStrategy[]
const actions = ['create', 'create', 'start', 'stop', 'stop', 'restart', 'delete', 'deleteInstance'] as const
/** A server lives at most so long; a machine is up within half of it. */
const longestLifeMs = 800
/** It takes up what there is from 100 ms on, and is ready soon after. */
const longestStartMs = 400
const convergeMs = 60_000

let server: ServerProcess
let processes: ProcessSampling
const random = printedRandom('restart-churn')
const unexpected: string[] = []

beforeAll(async () => {
  server = await startServerProcess()
  processes = sampleProcesses(server.dataFolder)
})
afterAll(async () => {
  await processes?.stop()
  await server?.dispose()
})

/** One random request. Refusals that follow from what the others did meanwhile are part of life. */
async function doSomething(): Promise<void> {
  const name = pick(random, names)
  const action = pick(random, actions)
  try {
    if (action === 'create') await virtualMachines(server).create(emptyMachine(name, pick(random, strategies), random.below(2)))
    else if (action === 'delete') await virtualMachines(server).delete(key(name))
    else if (action === 'deleteInstance') await instances(server).delete(key(name))
    else await act(server, name, action)
  } catch (error) {
    if (error instanceof StatusError && ![404, 409].includes(error.code)) unexpected.push(`${action} ${name}: ${error.message}`)
  }
}

/** Comes back, and every third time dies once more on the way up. */
async function comeBack(): Promise<void> {
  if (random.below(3) === 0) {
    const starting = server.start().catch(() => {})
    await pause(random.below(longestStartMs))
    await server.kill('SIGKILL')
    await starting
  }
  await server.start()
}

async function live(forMs: number): Promise<void> {
  let isOver = false
  const requests = Array.from({ length: clients }, async () => {
    while (!isOver) {
      await doSomething()
      await pause(1 + random.below(50))
    }
  })
  await pause(forMs)
  await server.kill('SIGKILL')
  isOver = true
  await Promise.all(requests)
}

/** Objects, processes and folders tell one story: each instance that runs has one process, and nothing else has any. */
async function isConverged(wanted: RunStrategy): Promise<boolean> {
  const vms = (await virtualMachines(server).list()).items
  const vmis = (await instances(server).list()).items
  const running = vmis.map(uidOf).toSorted()
  const isAsWanted =
    wanted === 'Halted'
      ? vms.every(({ status }) => status?.printableStatus === 'Stopped')
      : vms.every(({ status }) => status?.printableStatus === 'Running') &&
        vmis.every(({ status }) => status?.phase === 'Running')
  return (
    isAsWanted &&
    vmis.length === (wanted === 'Halted' ? 0 : vms.length) &&
    sameTexts(
      machineProcesses(server.dataFolder).map(({ id }) => id),
      running,
    ) &&
    sameTexts(
      machineFolders(server.dataFolder),
      running.map((uid) => `machines/${uid}`),
    )
  )
}

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted())

async function setAll(runStrategy: RunStrategy): Promise<void> {
  for (const { metadata } of (await virtualMachines(server).list()).items)
    if (metadata.deletionTimestamp === undefined)
      await virtualMachines(server).patch(key(metadata.name ?? ''), { spec: { runStrategy } })
}

test(
  `after ${rounds} deaths in the middle of things, all machines that are wanted run, and those that are not are gone`,
  async () => {
    // Until the deaths have met enough: a busy host starts fewer machines in the same time.
    for (let round = 0; round < rounds || (processes.pids.size <= rounds && round < mostRounds); round++) {
      await live(random.below(longestLifeMs))
      await comeBack()
    }
    // Else the deaths would have met nobody.
    expect(processes.pids.size).toBeGreaterThan(rounds)
    expect(unexpected).toEqual([])
    // Their ends may be under way: what is wanted of them is said again until it has been taken up.
    await eventually('all run', () => setAll('Always').then(() => isConverged('Always')), convergeMs)
    expect(processes.doubled).toEqual([])
  },
  180_000 + rounds * 5_000,
)

test('a machine that nobody wants any more leaves nothing behind', async () => {
  await virtualMachines(server).create(emptyMachine('certain', 'Always'))
  await eventually('all run', () => isConverged('Always'), convergeMs)
  await setAll('Halted')
  await eventually('all are off', () => isConverged('Halted'), convergeMs)
  for (const { metadata } of (await virtualMachines(server).list()).items)
    await virtualMachines(server).delete(key(metadata.name ?? ''))
  await eventually('no virtual machine is left', async () => (await virtualMachines(server).list()).items.length === 0)
  expect((await instances(server).list()).items).toEqual([])
  expect(machineProcesses(server.dataFolder)).toEqual([])
  expect(machineFolders(server.dataFolder)).toEqual([])
  expect(socketsIn(server.dataFolder)).toEqual([])
})

function socketsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isSocket())
    .map((entry) => join(entry.parentPath, entry.name))
}
