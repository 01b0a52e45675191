// Who starts a server again when it ends.

import { readFileSync } from 'node:fs'

export interface FoundSupervisor {
  prefix: string
  pid: number
}

/** Undefined for a server that was started by hand, or is gone. */
export function supervisorOf(serverPid: number): FoundSupervisor | undefined {
  try {
    const environment = readFileSync(`/proc/${serverPid}/environ`, 'utf8').split('\0')
    const prefix = environment.find((each) => each.startsWith('SHEAF_PREFIX='))?.slice('SHEAF_PREFIX='.length)
    const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${serverPid}/status`, 'utf8')) ?? []
    if (prefix === undefined || !environment.some((each) => each.startsWith('SHEAF_SUPERVISOR='))) return undefined
    // Process 1 takes in those whose supervisor has gone: nobody starts them again.
    return parent === undefined || parent === '1' ? undefined : { prefix, pid: Number(parent) }
  } catch {
    return undefined
  }
}
