// One folder a machine: everything that must be known after a restart of whoever looks after it.
// Each file is written before the effect that it announces; what is seen at any instant can be gone on with.

import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChosenForward } from './argv/network.ts'
import { readIfThere, syncPath, writeDurably } from './durable-file.ts'
import type { EndingRecord } from './ending.ts'
import type { Exit } from './hypervisor.ts'
import type { LaunchPlan } from './launch-plan.ts'
import type { MigrationRecord } from './migration/migration.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { parseQmpLine, type QmpEvent } from './qmp/protocol.ts'
import { fileNames } from './state-files.ts'
import { isMachineId } from './validate-plan.ts'

/** What is on record about a machine. */
export interface MachineRecord {
  plan: LaunchPlan
  forwards: readonly ChosenForward[]
  started: StartRecord | undefined
  ending: EndingRecord | undefined
  exit: Exit | undefined
  migration: MigrationRecord | undefined
}

export interface StartRecord extends ProcessIdentity {
  bootId: string
  /** Of the QEMU that it is. Absent in what an earlier release wrote. */
  qemuVersion?: string
  /** Of a guest that was moved: when it was started, and the processes that it was in before. */
  guest?: { startedAt: string; earlierPids: readonly number[] }
}

export interface DataFolder {
  /** Holds one state folder for each machine. */
  machines: string
  /** Folders on their way out: they have no process any more. */
  removed: string
}

export async function openDataFolder(root: string): Promise<DataFolder> {
  const folder = { machines: join(root, 'machines'), removed: join(root, 'removed') }
  await mkdir(folder.machines, { recursive: true })
  await rm(folder.removed, { recursive: true, force: true })
  await mkdir(folder.removed)
  return folder
}

export async function machineIds(data: DataFolder): Promise<string[]> {
  return (await readdir(data.machines)).filter(isMachineId).toSorted()
}

export const stateFolderOf = (data: DataFolder, id: string): string => join(data.machines, id)

/** Makes the folder with its plan. From here on the machine exists. */
export async function createStateFolder(data: DataFolder, plan: LaunchPlan): Promise<void> {
  const folder = stateFolderOf(data, plan.id)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await syncPath(data.machines)
  await writeRecord(folder, 'plan', plan)
}

/** Undefined when there is no machine: no folder, or one without a plan. */
export async function readRecord(folder: string): Promise<MachineRecord | undefined> {
  const read = async <T>(name: RecordName): Promise<T | undefined> => {
    const text = await readIfThere(join(folder, fileNames[name]))
    return text === undefined ? undefined : parseRecord<T>(text, join(folder, fileNames[name]))
  }
  const plan = await read<LaunchPlan>('plan')
  if (plan === undefined) return undefined
  const [forwards, started, ending, exit, migration] = await Promise.all([
    read<ChosenForward[]>('forwards'),
    read<StartRecord>('started'),
    read<EndingRecord>('ending'),
    read<Exit>('exit'),
    read<MigrationRecord>('migration'),
  ])
  return { plan, forwards: forwards ?? [], started, ending, exit, migration }
}

type RecordName = keyof RecordContents

/** Only this program writes here, each file whole or not at all, so one that cannot be read was damaged from outside. */
function parseRecord<T>(text: string, path: string): T {
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new Error(`${path} is damaged. Restore it from a backup, or end the machine's process and delete its folder.`, {
      cause: error,
    })
  }
}

interface RecordContents {
  plan: LaunchPlan
  forwards: readonly ChosenForward[]
  started: StartRecord
  ending: EndingRecord
  exit: Exit
  migration: MigrationRecord
}

export async function writeRecord<N extends RecordName>(folder: string, name: N, content: RecordContents[N]): Promise<void> {
  await writeDurably(join(folder, fileNames[name]), `${JSON.stringify(content, null, 2)}\n`)
}

/** Away in one step, so that no half of a machine is ever seen; then the bytes. The process must be gone. */
export async function deleteStateFolder(data: DataFolder, id: string, mark: string): Promise<void> {
  const grave = join(data.removed, `${id}.${mark}`)
  await rename(stateFolderOf(data, id), grave)
  await syncPath(data.machines)
  await rm(grave, { recursive: true, force: true })
}

/**
 * Gives a name of at most 107 bytes for a socket in a folder of any depth: through our own open folder.
 * Close it when the connection stands.
 */
export async function openSocketPath(folder: string, name: string): Promise<{ path: string } & AsyncDisposable> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  return { path: `/proc/self/fd/${handle.fd}/${name}`, [Symbol.asyncDispose]: () => handle.close() }
}

/** As much of the end of a log as can hold what ended a machine. */
const tailBytes = 64 * 1024

/** What QEMU said on our monitor lately, oldest first. */
export async function readEvents(folder: string): Promise<QmpEvent[]> {
  const lines = (await readTail(join(folder, fileNames.events), tailBytes)).split('\n')
  return lines.flatMap((line) => {
    const message = parseQmpLine(line)
    return message?.kind === 'event' ? [message.event] : []
  })
}

/** More of QEMU's complaint than this helps nobody. */
const lastWordsBytes = 2_000

export async function readLastWords(folder: string): Promise<string> {
  return (await readTail(join(folder, fileNames.qemuLog), lastWordsBytes)).trim()
}

async function readTail(path: string, bytes: number): Promise<string> {
  return (await readTailOf(path, bytes)).bytes.toString('utf8')
}

/** The last bytes of a file, and its size. A file that is not there is empty. */
export async function readTailOf(path: string, mostBytes: number): Promise<{ bytes: Buffer; size: number }> {
  const size = (await stat(path).catch(() => undefined))?.size
  if (size === undefined) return { bytes: Buffer.alloc(0), size: 0 }
  await using file = await open(path, 'r')
  const length = Math.min(size, mostBytes)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
  return { bytes: buffer.subarray(0, bytesRead), size }
}

/** How much of each log is kept before it begins anew; of the serial console the previous part is kept beside it. */
const logLimits = { [fileNames.events]: 1024 * 1024, [fileNames.qemuLog]: 1024 * 1024, [fileNames.serialLog]: 16 * 1024 * 1024 }

/** A busy console writes some 100 KiB/s, so the logs exceed their limits by a few MiB at most. */
const boundLogsEveryMs = 30_000

/** Of the machines in these folders, until it is closed. */
export function keepLogsBounded(
  folders: () => readonly string[],
  log: (message: string, error: unknown) => void,
): { close(): void } {
  const boundAll = (): void => {
    for (const folder of folders())
      boundLogs(folder).catch((error: unknown) => log(`the logs in ${folder} could not be shortened`, error))
  }
  const timer = setInterval(boundAll, boundLogsEveryMs).unref()
  return { close: () => clearInterval(timer) }
}

/** QEMU holds its logs open for appending: a shortened one goes on from its beginning. */
export async function boundLogs(folder: string): Promise<void> {
  for (const [name, limitBytes] of Object.entries(logLimits)) {
    const path = join(folder, name)
    const size = (await stat(path).catch(() => undefined))?.size ?? 0
    if (size <= limitBytes) continue
    if (name === fileNames.serialLog) await writeDurably(`${path}.1`, await readTail(path, limitBytes))
    await truncate(path)
  }
}
