// Which process is which. A pid alone is not trusted: pids are used again. The start time and the command line tell.

import { readdir, readFile } from 'node:fs/promises'

export interface ProcessIdentity {
  pid: number
  /** Clock ticks since the host's boot at which it started; with the pid and the boot id it names one process for ever. */
  startTicks: number
}

/** Linux counts process times in hundredths of a second for every architecture's user space. */
const ticksPerSecond = 100

/** Undefined when there is no such process, or only its unburied remains. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readProc(`/proc/${pid}/stat`)
  // The program's name is in parentheses and may itself hold spaces and parentheses: count after the last one.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields?.[0]
  const startTicks = fields?.[19]
  if (state === undefined || startTicks === undefined || state === 'Z' || state === 'X') return undefined
  return { pid, startTicks: Number(startTicks) }
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(identity.pid))?.startTicks === identity.startTicks
}

/** Names this boot of the host. A pid and a start time mean nothing in another one. */
export async function hostBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}

/** When the process started, to the accuracy of the kernel's clock ticks. */
export async function startTime(identity: ProcessIdentity): Promise<Date> {
  const bootSeconds = Number(/^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1] ?? 0)
  return new Date((bootSeconds + identity.startTicks / ticksPerSecond) * 1000)
}

/**
 * Every process that was told to hold a pid file under `folder`, by pid file. It looks at all processes, so it also finds
 * one that has not come as far as writing its pid file.
 */
export async function scanByPidFile(folder: string): Promise<Map<string, ProcessIdentity>> {
  const found = new Map<string, ProcessIdentity>()
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  await Promise.all(
    pids.map(async (pid) => {
      const pidPath = await pidFileOf(pid)
      if (pidPath?.startsWith(`${folder}/`) !== true) return
      const identity = await identifyProcess(pid)
      if (identity !== undefined) found.set(pidPath, identity)
    }),
  )
  return found
}

async function pidFileOf(pid: number): Promise<string | undefined> {
  const words = (await readProc(`/proc/${pid}/cmdline`))?.split('\0') ?? []
  const place = words.indexOf('-pidfile')
  return place > 0 ? words[place + 1] : undefined
}

/** A process may end between any two looks at it. */
async function readProc(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
