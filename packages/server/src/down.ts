// `sheaf down`: ends the server of this data folder, then its guests, as a shutdown of the host would.

import { setTimeout as pause } from 'node:timers/promises'
import { acquireInstanceLock, InstanceLocked } from '@sheaf/machinery/store'
import { type Machine, openQemuHypervisor } from '@sheaf/qemu'
import { type FoundSupervisor, supervisorOf } from './install/find-supervisor.ts'
import { findSystemd } from './install/systemd.ts'
import { openDataFolder } from './data-folder.ts'
import type { ServerOptions } from './options.ts'

/** The server ends within a second; one that does not is not told twice. */
const serverDeadlineMs = 15_000
const lookMs = 100
/** KubeVirt's default grace period. */
const graceMs = 30_000

const say = (text: string): void => void process.stdout.write(`${text}\n`)

export async function down(options: Pick<ServerOptions, 'dataFolder'>): Promise<number> {
  const folder = openDataFolder(options.dataFolder)
  const lock = await endServer(folder.root)
  const hypervisor = await openQemuHypervisor({ root: folder.machines })
  try {
    const running = (await hypervisor.list()).filter((machine) => machine.state.kind === 'running')
    if (running.length === 0) say('No guests are running.')
    await Promise.all(
      running.map(async (machine) => {
        say(`• shutting down ${nameOf(machine)}`)
        await hypervisor.shutDownWithHost(machine.id, graceMs)
        say(`  ${nameOf(machine)} is off`)
      }),
    )
    return 0
  } finally {
    await hypervisor.release()
    lock.release()
  }
}

/** Plans are named `namespace_name`, for process lists. */
const nameOf = ({ plan }: Machine): string => plan.name.replace('_', '/')

/** Asks the holder of the data folder to end, and takes its place, so that no other server comes up meanwhile. */
async function endServer(root: string): Promise<{ release(): void }> {
  const deadline = Date.now() + serverDeadlineMs
  let asked: number | undefined
  for (;;) {
    try {
      return await acquireInstanceLock(root)
    } catch (error) {
      if (!(error instanceof InstanceLocked) || Date.now() > deadline) throw error
      const { pid } = error.holder ?? {}
      if (pid !== undefined && pid !== asked) {
        const supervisor = supervisorOf(pid)
        say(`• ending the server (process ${pid})`)
        if (supervisor === undefined) end(pid)
        else await endSupervisor(supervisor)
        asked = pid
      }
      await pause(lookMs)
    }
  }
}

/** It would start the server again, and systemd would start it. */
async function endSupervisor({ prefix, pid }: FoundSupervisor): Promise<void> {
  const systemd = findSystemd(process.getuid?.() === 0)
  if (systemd?.prefixInUse() === prefix) return systemd.stop()
  end(pid)
}

/** It may have ended since it told its number. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
