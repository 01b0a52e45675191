// What only this host can tell before an upgrade: room, clock, certificates, store, QEMU.

import { execFile } from 'node:child_process'
import { statfsSync, statSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Platform } from '@sheaf/kinds'
import type { DataFolder } from '../data-folder.ts'
import type { RenewedCredentials } from '../renewed-credentials.ts'

const run = promisify(execFile)
/** A program that says its version does so at once. */
const askMs = 5_000

interface Where {
  folder: DataFolder
  prefix: string | undefined
  credentials: Pick<RenewedCredentials, 'ends'>
}

export function installationFacts({ folder, prefix, credentials }: Where): Platform['facts'] {
  return async () => {
    const [clockIsKept, qemuVersion] = await Promise.all([askClock(), askQemu()])
    return {
      disk: tightestOf([folder.root, ...(prefix === undefined ? [] : [prefix])]),
      storeBytes: sizeOf(folder.store) + sizeOf(`${folder.store}-wal`),
      // It is open, and was read as a whole when it was opened; a damaged one would not have been.
      storeProblem: undefined,
      clockIsKept,
      ...credentials.ends(),
      qemuVersion,
    }
  }
}

/** The tighter one is what counts: copies go to the data folder, the release to where Sheaf is installed. */
function tightestOf(paths: readonly string[]) {
  const rooms = paths.map((path) => {
    const { bavail, bsize, ffree, files } = statfsSync(path)
    // Some file systems make inodes as they need them and count none.
    return { path, freeBytes: bavail * bsize, freeFiles: files === 0 ? Number.MAX_SAFE_INTEGER : ffree }
  })
  const [first, ...more] = rooms
  if (first === undefined) throw new Error('there is no folder to look at')
  return more.reduce((tightest, each) => (each.freeBytes < tightest.freeBytes ? each : tightest), first)
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
