// The second process of a machine: it has the devices of the first, no guest yet, and waits.

import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere, syncPath } from '../durable-file.ts'
import { spawnDetached } from '../process.ts'
import { identifyProcess, type ProcessIdentity } from '../process-identity.ts'
import type { QmpClient } from '../qmp/client.ts'
import { connectMonitor } from '../qmp/connect-monitor.ts'
import { fileNames } from '../state-files.ts'
import { incomingArguments, incomingFolder } from './incoming-arguments.ts'

export interface TargetOptions {
  folder: string
  source: ProcessIdentity
  qemu: string
  machineType: string
  withheld: readonly string[]
}

/** QEMU is up in 30 ms; what takes a thousand times as long will not come. */
const startDeadlineMs = 30_000

export type TargetOutcome = { kind: 'waits'; client: QmpClient; uri: string } | { kind: 'refused'; lastWords: string }

export async function startTarget({ folder, source, qemu, ...changes }: TargetOptions): Promise<TargetOutcome> {
  const subfolder = incomingFolder(source.pid)
  const own = join(folder, subfolder)
  await rm(own, { recursive: true, force: true })
  await mkdir(own, { mode: 0o700 })
  await syncPath(folder)
  const words = (await readFile(`/proc/${source.pid}/cmdline`, 'utf8')).split('\0').slice(1, -1)
  const args = incomingArguments(words, { folder, subfolder, ...changes })
  const spawned = await spawnDetached(qemu, args, folder, join(own, fileNames.qemuLog))
  const process = await identifyProcess(spawned.pid)
  const client = process && (await connectMonitor({ folder: own, process, deadlineMs: startDeadlineMs }))
  if (client === undefined) {
    await spawned.ended
    return { kind: 'refused', lastWords: await targetLastWords(folder, source) }
  }
  const uri = `unix:${subfolder}/${fileNames.migrationSocket}`
  await client.execute('migrate-incoming', { uri })
  return { kind: 'waits', client, uri }
}

/** What the target wrote to its standard error. */
export async function targetLastWords(folder: string, source: Pick<ProcessIdentity, 'pid'>): Promise<string> {
  return ((await readIfThere(join(folder, incomingFolder(source.pid), fileNames.qemuLog))) ?? '').trim()
}
