// From a VM's manifest to its guest's first words, against the same QEMU command line started by hand, in turns.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { eventually } from '../test/kit/eventually.ts'
import { type ServerProcess, startServerProcess } from '../test/kit/server-process.ts'
import { copyLaunch, started } from './by-hand.ts'
import type { Figure } from './figure.ts'
import { demoManifest } from './manifests.ts'
import { median } from './median.ts'

const rounds = 7
const marker = 'sheaf-guest ready'
const deadlineMs = 120_000

export async function firstMarker(): Promise<Figure[]> {
  const server = await startServerProcess()
  try {
    const ours: number[] = []
    const byHand: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const name = `marker-${round}`
      const { tookMs, stateFolder } = await throughTheApi(server, name)
      ours.push(tookMs)
      const copy = copyLaunch(stateFolder)
      await remove(server, name)
      byHand.push(await started(copy, () => markerIn(join(copy.folder, 'serial.log'))))
      copy.remove()
    }
    const [mine, bare] = [median(ours), median(byHand)]
    return [
      {
        what: "apply to the guest's serial marker",
        measured: `${mine.toFixed(0)} ms`,
        against: `${bare.toFixed(0)} ms by hand`,
        ratio: mine / bare,
        most: 1.1,
      },
    ]
  } finally {
    await server.dispose()
  }
}

async function throughTheApi(server: ServerProcess, name: string): Promise<{ tookMs: number; stateFolder: string }> {
  const begun = performance.now()
  await server.client.resource<VirtualMachine>(virtualMachineDefinition).create(demoManifest({ name, runStrategy: 'Always' }))
  const instance = await eventually('the instance', () =>
    server.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find({ namespace: 'default', name }),
  )
  const stateFolder = join(server.dataFolder, 'machines', instance.metadata.uid ?? '')
  await markerIn(join(stateFolder, 'serial.log'))
  return { tookMs: performance.now() - begun, stateFolder }
}

async function remove(server: ServerProcess, name: string): Promise<void> {
  const vms = server.client.resource<VirtualMachine>(virtualMachineDefinition)
  await vms.delete({ namespace: 'default', name })
  await eventually(
    'the machine to be gone',
    async () => (await vms.find({ namespace: 'default', name })) === undefined,
    deadlineMs,
  )
}

async function markerIn(path: string): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (!(existsSync(path) && readFileSync(path, 'utf8').includes(marker))) {
    if (Date.now() > deadline)
      throw new Error(`no "${marker}" in ${path}; processes: ${execFileSync('pgrep', ['-c', 'qemu-system']).toString()}`)
    await pause(2)
  }
}
