// A restart of the server under 20 running machines: how soon all are known again, with the processes they had.

import { setTimeout as pause } from 'node:timers/promises'
import { type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import { eventually } from '../test/kit/eventually.ts'
import { machineProcesses } from '../test/kit/machine-processes.ts'
import { type ServerProcess, startServerProcess } from '../test/kit/server-process.ts'
import type { Figure } from './figure.ts'
import { demoManifest } from './manifests.ts'
import { median } from './median.ts'

const machines = 20
const rounds = 5
const limitMs = 1_000
const bootDeadlineMs = 600_000
/** Guests that still boot take the processor from the server that is measured. */
const settleMs = 20_000

export async function adoption(): Promise<Figure[]> {
  const server = await startServerProcess()
  try {
    for (let index = 0; index < machines; index += 1)
      await vms(server).create(demoManifest({ name: `adopted-${index}`, runStrategy: 'Always' }))
    await eventually('all to run', async () => (await runningCount(server)) === machines, bootDeadlineMs)
    await pause(settleMs)
    const before = machineProcesses(server.dataFolder)
    const tookMs: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await server.kill('SIGKILL')
      const begun = performance.now()
      await server.start()
      await eventually('all to be running', async () => (await runningCount(server)) === machines)
      tookMs.push(performance.now() - begun)
      const after = machineProcesses(server.dataFolder)
      if (JSON.stringify(after) !== JSON.stringify(before))
        throw new Error(`the processes changed: ${before.length} before, ${after.length} after`)
    }
    return [
      {
        what: `restart with ${machines} running VMs until all are adopted`,
        measured: `${median(tookMs).toFixed(0)} ms`,
        against: `${limitMs} ms`,
        ratio: median(tookMs) / limitMs,
        most: 1,
      },
    ]
  } finally {
    await server.dispose()
  }
}

const vms = (server: ServerProcess) => server.client.resource<VirtualMachine>(virtualMachineDefinition)

async function runningCount(server: ServerProcess): Promise<number> {
  const { items } = await vms(server).list()
  return items.filter((vm) => vm.status?.printableStatus === 'Running').length
}
