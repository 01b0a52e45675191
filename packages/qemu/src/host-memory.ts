// How much memory the host has for one more machine, so that a guest is refused before the kernel has to kill one. It is
// looked at for every machine that waits to be launched, and counts all that run: so what is read is little, and from /proc
// alone, which answers from the kernel's memory and is read without the detour of a thread.

import { readFileSync } from 'node:fs'
import { LaunchRefused } from './hypervisor.ts'
import type { LaunchPlan } from './launch-plan.ts'
import { promisedBytes } from './promised-memory.ts'

const pageBytes = 4096

/** A machine that may still touch what it was promised. */
export interface Debtor {
  plan: LaunchPlan
  /** Undefined before there is a process. */
  pid: number | undefined
}

/** What is available now, without what these were promised and have not touched yet. */
export function roomForMachine(others: Iterable<Debtor>): number {
  let room = availableBytes()
  for (const { pid, plan } of others) room -= Math.max(0, promisedBytes(plan) - residentBytes(pid))
  return Math.max(0, room)
}

const mebibyte = 1024 * 1024

/** Throws LaunchRefused `NoMemory`. */
export function assertRoom(plan: LaunchPlan, others: Iterable<Debtor>): void {
  const [wanted, room] = [promisedBytes(plan), roomForMachine(others)]
  if (wanted <= room) return
  throw new LaunchRefused(
    'NoMemory',
    `machine ${plan.id} needs ${Math.ceil(wanted / mebibyte)} MiB and the host has ${Math.floor(room / mebibyte)} MiB left for it`,
  )
}

/** The kernel's own estimate of what can be had without swapping. */
function availableBytes(): number {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
  return Number(kibibytes ?? 0) * 1024
}

function residentBytes(pid: number | undefined): number {
  if (pid === undefined) return 0
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1] ?? 0) * pageBytes
  } catch {
    // It has ended a moment ago.
    return 0
  }
}
