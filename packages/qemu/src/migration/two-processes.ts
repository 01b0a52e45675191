// A machine that is between two processes, as both of them are seen.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Attachment } from '../attachment.ts'
import { hostBootId, isAlive, type ProcessIdentity, scanByPidFile } from '../process-identity.ts'
import type { QmpClient } from '../qmp/client.ts'
import { connectMonitor } from '../qmp/connect-monitor.ts'
import type { MigrationInfo } from '../qmp/protocol.ts'
import { fileNames } from '../state-files.ts'
import { type Side, transferOf } from './decide.ts'
import { incomingFolder } from './incoming-arguments.ts'
import type { MigrationRecord } from './migration.ts'

/** One that answers. */
export interface Party {
  process: ProcessIdentity
  qemuVersion: string
  execute: QmpClient['execute']
  info: MigrationInfo
}

export interface TwoProcesses {
  source: { side: Side; process: ProcessIdentity | undefined; party: Party | undefined }
  target: { side: Side; process: ProcessIdentity | undefined; party: Party | undefined }
  /** Ends the conversations that were begun for this look. */
  close(): void
}

/** A process that answers does so within a millisecond. */
const answerDeadlineMs = 2_000

export async function lookAtBoth(
  folder: string,
  { source }: MigrationRecord,
  attachment: Attachment | undefined,
): Promise<TwoProcesses> {
  const clients: QmpClient[] = []
  const subfolder = join(folder, incomingFolder(source.pid))
  const target = (await scanByPidFile(subfolder)).get(join(subfolder, fileNames.pid))
  const isOfThisBoot = source.bootId === (await hostBootId())
  const look = async (process: ProcessIdentity | undefined, socketFolder: string) => {
    if (process === undefined || !(await isAlive(process))) return { side: gone, process: undefined, party: undefined }
    const party = await converse(process, socketFolder, attachment, clients).catch(() => undefined)
    return { side: party?.side ?? silent, process, party: party?.party }
  }
  const seen = await look(isOfThisBoot ? { pid: source.pid, startTicks: source.startTicks } : undefined, folder)
  // When it has taken over, its files lie where those of the other one were.
  const hasMovedUp = seen.process === undefined && !existsSync(join(subfolder, fileNames.qmpSocket))
  return {
    source: seen,
    target: await look(target, hasMovedUp ? folder : subfolder),
    close: () => {
      for (const client of clients) client.close()
    },
  }
}

const gone: Side = { kind: 'gone' }
const silent: Side = { kind: 'silent' }

async function converse(
  process: ProcessIdentity,
  socketFolder: string,
  attachment: Attachment | undefined,
  opened: QmpClient[],
): Promise<{ side: Side; party: Party }> {
  const isAttached = attachment?.process.pid === process.pid && attachment.process.startTicks === process.startTicks
  const { execute, qemuVersion } = isAttached ? attachment : await connect(process, socketFolder, opened)
  const [{ status }, info] = await Promise.all([execute('query-status'), execute('query-migrate')])
  return {
    side: { kind: 'answers', runState: status, transfer: transferOf(info.status) },
    party: { process, qemuVersion, execute, info },
  }
}

async function connect(process: ProcessIdentity, folder: string, opened: QmpClient[]) {
  const client = await connectMonitor({ folder, process, deadlineMs: answerDeadlineMs })
  if (client === undefined) throw new Error(`process ${process.pid} has ended`)
  opened.push(client)
  return { execute: client.execute, qemuVersion: client.greeting.qemuVersion }
}
