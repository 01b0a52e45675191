// From a VM's manifest to its guest's first words, against the same QEMU command line started by hand, in turns.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
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
      byHand.push(await started(copy))
      rmSync(copy.folder, { recursive: true, force: true })
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

interface Copy {
  folder: string
  args: string[]
}

/** The command line of the running machine, with a folder of its own. Its disks are copied before the clock runs. */
function copyLaunch(stateFolder: string): Copy {
  const pid = readFileSync(join(stateFolder, 'qemu.pid'), 'utf8').trim()
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(1, -1)
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-bench-'))
  mkdirSync(folder, { recursive: true })
  for (const file of readdirSync(stateFolder))
    if (/\.(qcow2|iso|fd|img)$/.test(file)) copyFileSync(join(stateFolder, file), join(folder, file))
  const own = args.map((arg) =>
    arg.replaceAll(stateFolder, folder).replace(/hostfwd=tcp:127\.0\.0\.1:\d+-/, 'hostfwd=tcp:127.0.0.1:0-'),
  )
  return { folder, args: own.filter((arg) => arg !== '-S' && arg !== '-daemonize') }
}

async function started({ folder, args }: Copy): Promise<number> {
  const begun = performance.now()
  const qemu: ChildProcess = spawn('qemu-system-x86_64', args, { cwd: folder, stdio: 'ignore' })
  try {
    await markerIn(join(folder, 'serial.log'))
    return performance.now() - begun
  } finally {
    const ended = new Promise((resolve) => qemu.once('exit', resolve))
    qemu.kill('SIGKILL')
    await ended
  }
}

async function markerIn(path: string): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (!(existsSync(path) && readFileSync(path, 'utf8').includes(marker))) {
    if (Date.now() > deadline)
      throw new Error(`no "${marker}" in ${path}; processes: ${execFileSync('pgrep', ['-c', 'qemu-system']).toString()}`)
    await pause(2)
  }
}
