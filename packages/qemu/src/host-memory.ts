// How much memory the host has for one more machine, so that a guest is refused before the kernel has to kill one.

import { readFile } from 'node:fs/promises'
import { LaunchRefused } from './hypervisor.ts'
import type { LaunchPlan } from './launch-plan.ts'
import { processOf } from './observe-machine.ts'
import { promisedBytes } from './promised-memory.ts'
import { type DataFolder, machineIds, readRecord, stateFolderOf } from './state-folder.ts'

const pageBytes = 4096

/** What is available now, without what the machines that have not ended were promised and have not touched yet. */
export async function roomForMachine(data: DataFolder, except?: string): Promise<number> {
  const ids = (await machineIds(data)).filter((id) => id !== except)
  const owed = await Promise.all(ids.map((id) => owedBytes(stateFolderOf(data, id))))
  return Math.max(0, (await availableBytes()) - owed.reduce((sum, bytes) => sum + bytes, 0))
}

/** A record that cannot be read is complained of by whoever looks after the machine. */
async function owedBytes(folder: string): Promise<number> {
  const record = await readRecord(folder).catch(() => undefined)
  if (record === undefined || record.exit !== undefined) return 0
  return Math.max(0, promisedBytes(record.plan) - (await residentBytes((await processOf(record))?.pid)))
}

const mebibyte = 1024 * 1024

/** Throws LaunchRefused `NoMemory`. */
export async function assertRoom(plan: LaunchPlan, data: DataFolder): Promise<void> {
  const [wanted, room] = [promisedBytes(plan), await roomForMachine(data, plan.id)]
  if (wanted <= room) return
  throw new LaunchRefused(
    'NoMemory',
    `machine ${plan.id} needs ${Math.ceil(wanted / mebibyte)} MiB and the host has ${Math.floor(room / mebibyte)} MiB left for it`,
  )
}

/** The kernel's own estimate of what can be had without swapping. */
async function availableBytes(): Promise<number> {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile('/proc/meminfo', 'utf8'))?.[1]
  return Number(kibibytes ?? 0) * 1024
}

async function residentBytes(pid: number | undefined): Promise<number> {
  if (pid === undefined) return 0
  const pages = (await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '')).split(' ')[1]
  return Number(pages ?? 0) * pageBytes
}
