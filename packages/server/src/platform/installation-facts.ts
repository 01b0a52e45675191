// What only this host can tell before an upgrade: room, clock, certificates, store, QEMU.

import { execFile } from 'node:child_process'
import { statfsSync, statSync } from 'node:fs'
import { promisify } from 'node:util'
import type { InstallationFacts, Platform } from '@sheaf/kinds'
import { checkStore } from '@sheaf/machinery/store'
import type { DataFolder } from '../data-folder.ts'
import type { RenewedCredentials } from '../renewed-credentials.ts'

const run = promisify(execFile)
/** A program that says its version does so at once. */
const askMs = 5_000

interface Where {
  folder: DataFolder
  prefix: string | undefined
  credentials: Pick<RenewedCredentials, 'ends'>
  /** Of the thread that reads the store. */
  workerUrl: URL
}

export function installationFacts({ folder, prefix, credentials, workerUrl }: Where): Platform['facts'] {
  return async () => {
    const [clockIsKept, qemuVersion, storeProblem] = await Promise.all([
      askClock(),
      askQemu(),
      checkStore({ path: folder.store, workerUrl }),
    ])
    return {
      ...tightestOf([folder.root, ...(prefix === undefined ? [] : [prefix])].map(roomBelow)),
      storeBytes: sizeOf(folder.store) + sizeOf(`${folder.store}-wal`),
      storeProblem,
      clockIsKept,
      ...credentials.ends(),
      qemuVersion,
    }
  }
}

interface Room {
  path: string
  freeBytes: number
  freeFiles: number
}

function roomBelow(path: string): Room {
  const { bavail, bsize, ffree, files } = statfsSync(path)
  // Some file systems make inodes as they need them and count none.
  return { path, freeBytes: bavail * bsize, freeFiles: files === 0 ? Number.MAX_SAFE_INTEGER : ffree }
}

/** The tighter one is what counts: copies go to the data folder, the release to where Sheaf is installed. */
export function tightestOf(rooms: readonly Room[]): Pick<InstallationFacts, 'disk' | 'inodes'> {
  const tightest = (of: 'freeBytes' | 'freeFiles') => rooms.reduce((least, each) => (each[of] < least[of] ? each : least))
  const [disk, inodes] = [tightest('freeBytes'), tightest('freeFiles')]
  return {
    disk: { path: disk.path, freeBytes: disk.freeBytes },
    inodes: { path: inodes.path, freeFiles: inodes.freeFiles },
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

async function askClock(): Promise<boolean | undefined> {
  try {
    const { stdout } = await run('timedatectl', ['show', '--property=NTP,NTPSynchronized'], { timeout: askMs })
    return /=yes/.test(stdout)
  } catch {
    // No systemd: others may keep the clock, and nobody can be asked.
    return undefined
  }
}

async function askQemu(): Promise<string | undefined> {
  try {
    const { stdout } = await run('qemu-system-x86_64', ['--version'], { timeout: askMs })
    return /version (\d+(?:\.\d+)*)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}
