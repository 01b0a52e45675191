// What the operating system knows of a data folder's machines, whatever the server believes: processes, folders.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { eventually } from './eventually.ts'

export interface MachineProcess {
  /** Of the machine: the instance's uid. */
  id: string
  pid: number
}

/** Every QEMU that was told to hold its pid file under this data folder. */
export function machineProcesses(dataFolder: string): MachineProcess[] {
  const machines = join(dataFolder, 'machines')
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const words = commandLine(name).split('\0')
      const pidFile = words[words.indexOf('-pidfile') + 1] ?? ''
      // The first folder is the machine's; one that was moved here has its pid file in another below it.
      const [id = ''] = relative(machines, pidFile).split('/')
      return pidFile.startsWith(`${machines}/`) ? [{ id, pid: Number(name) }] : []
    })
}

/** Empty for a process that ends at this moment, and for one that waits for its burial. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}

/** Machines with more than one process. */
export function doubledMachines(processes: readonly MachineProcess[]): MachineProcess[] {
  return processes.filter(({ id, pid }) => processes.some((other) => other.id === id && other.pid !== pid))
}

/** What lies in the data folder of machines that are, or were not cleared away. */
export function machineFolders(dataFolder: string): string[] {
  return ['machines', 'removed'].flatMap((part) => readdirSync(join(dataFolder, part)).map((name) => `${part}/${name}`))
}

export async function endMachineProcesses(dataFolder: string): Promise<void> {
  await eventually('the last QEMU is gone', () => {
    const processes = machineProcesses(dataFolder)
    for (const { pid } of processes) endProcess(pid)
    return processes.length === 0
  })
}

/** `kill -9`; does nothing when the process is gone already. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
