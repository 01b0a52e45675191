// What tests with real QEMU share: a data folder, a guest's disk, plans, and an end that leaves nothing behind.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Hypervisor, Machine } from '../hypervisor.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { connectQmp } from '../qmp/client.ts'
import { openQemuHypervisor } from '../qemu-hypervisor.ts'
import { fileNames } from '../state-files.ts'
import { openSocketPath } from '../state-folder.ts'
import type { ConformanceRig } from './hypervisor-conformance.ts'
import { serialGuestCommands, serialGuestDisk } from './serial-guest.ts'

export interface QemuRig extends ConformanceRig {
  root: string
}

export async function openQemuRig(subfolder = ''): Promise<QemuRig> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-qemu-'))
  const root = join(folder, subfolder)
  const image = join(folder, 'guest.img')
  await writeFile(image, serialGuestDisk())
  const plan = (id: string, changes: Partial<LaunchPlan> = {}): LaunchPlan => ({ ...bootablePlan(id, image), ...changes })
  const open = (): Promise<Hypervisor> => openQemuHypervisor({ root, accelerator: 'tcg' })
  return {
    root,
    open,
    plan,
    refusedPlan: (id) => ({ plan: plan(id, { cpu: { model: 'abacus', sockets: 1, cores: 1, threads: 1 } }), word: 'abacus' }),
    planWithoutImage: (id) => bootablePlan(id, join(folder, 'missing.img')),
    serialText,
    guest: {
      shutdown: (machine) => typeTo(machine, serialGuestCommands.shutdown),
      panic: (machine) => typeTo(machine, serialGuestCommands.panic),
      reboot: (machine) => typeTo(machine, serialGuestCommands.reboot),
      hang: letWatchdogFire,
      ignorePowerButton: (machine) => typeTo(machine, serialGuestCommands.ignorePowerButton, 'answer expected'),
    },
    crash: async ({ state }) => {
      if (state.kind === 'running') process.kill(state.pid, 'SIGKILL')
    },
    [Symbol.asyncDispose]: async () => {
      const hypervisor = await open()
      for (const machine of await hypervisor.list()) await hypervisor.remove(machine.id)
      await hypervisor.release()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function serialText({ serialLogPath }: Machine): Promise<string> {
  return readFile(serialLogPath, 'utf8').catch(() => '')
}

/** Straight to QEMU's socket, as a program other than ours would. */
async function typeTo({ serialLogPath }: Machine, letter: string, answer: 'answer expected' | 'none' = 'none'): Promise<void> {
  await using socket = await openSocketPath(dirname(serialLogPath), fileNames.serialSocket)
  const console = connect({ path: socket.path })
  const answered = new Promise((resolve) => console.once('data', resolve))
  await new Promise<void>((resolve) => console.write(letter, () => resolve()))
  if (answer === 'answer expected') await answered
  console.end()
  console.resume()
  await new Promise((resolve) => console.once('close', resolve))
}

/** What a driver does that feeds its watchdog no more, by QEMU's monitor for tools: it sets the shortest time, a second or two, and starts it. */
async function letWatchdogFire({ serialLogPath }: Machine): Promise<void> {
  await using socket = await openSocketPath(dirname(serialLogPath), fileNames.toolsSocket)
  const client = await connectQmp(socket.path)
  const monitor = (line: string): Promise<string> => client.execute('human-monitor-command', { 'command-line': line })
  const slot = /device\s+(\d+), function 0:\s+[^\n]*8086:25ab/.exec(await monitor('info pci'))?.[1]
  const register = (offset: number): string => `o/w 0xcf8 ${0x8000_0000 + Number(slot) * 2 ** 11 + offset}`
  for (const line of [register(0x60), 'o/h 0xcfc 4', register(0x68), 'o/b 0xcfc 2']) await monitor(line)
  client.close()
}

function bootablePlan(id: string, image: string): LaunchPlan {
  return {
    id,
    name: id,
    uuid: '6b8f3c1e-1d2a-4f6b-9a57-0c1d2e3f4a5b',
    machine: 'q35',
    cpu: { model: 'max', sockets: 1, cores: 1, threads: 1 },
    memoryBytes: 16 * 1024 * 1024,
    firmware: { kind: 'bios' },
    disks: [
      {
        name: 'root',
        device: 'disk',
        bus: 'virtio',
        readOnly: false,
        bootOrder: 1,
        source: { kind: 'overlay', backingFile: image, backingFormat: 'raw' },
      },
    ],
    interfaces: [],
    graphics: false,
    rng: false,
    panicDevice: true,
    onReboot: 'restart',
    startPaused: false,
  }
}
