// The QEMU of a machine that runs, started a second time by hand: the same command line, without us.

import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Copy {
  readonly folder: string
  readonly args: readonly string[]
  remove(): void
}

/**
 * The command line of the running machine, with a folder of its own. Its disks are copied before the clock runs. `port`: the one
 * of this machine that leads to the guest's first declared port; 0 is any.
 */
export function copyLaunch(stateFolder: string, port = 0): Copy {
  const pid = readFileSync(join(stateFolder, 'qemu.pid'), 'utf8').trim()
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(1, -1)
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-bench-'))
  for (const file of readdirSync(stateFolder))
    if (/\.(qcow2|iso|fd|img)$/.test(file)) copyFileSync(join(stateFolder, file), join(folder, file))
  const own = args.map((arg) =>
    arg.replaceAll(stateFolder, folder).replace(/hostfwd=tcp:127\.0\.0\.1:\d+-/, `hostfwd=tcp:127.0.0.1:${port}-`),
  )
  return {
    folder,
    args: own.filter((arg) => arg !== '-S' && arg !== '-daemonize'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Runs it until `until` is through; milliseconds from its start to then. */
export async function started({ folder, args }: Copy, until: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  const qemu = spawn('qemu-system-x86_64', args, { cwd: folder, stdio: 'ignore' })
  try {
    await until()
    return performance.now() - begun
  } finally {
    const ended = new Promise((resolve) => qemu.once('exit', resolve))
    qemu.kill('SIGKILL')
    await ended
  }
}
