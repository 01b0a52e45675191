// Lines that are appended to a file, and files that are put aside when they are full. Nobody waits for it: what cannot be
// written is counted and told.

import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Timer } from '@sheaf/api/meta'
import { errorChain, type Log } from '@sheaf/machinery/controller'

export interface AuditLog {
  /** Never waits and never fails. */
  write(event: object): void
  /** Writes what is still pending. */
  stop(): Promise<void>
}

export interface AuditLogOptions {
  folder: string
  clock: Clock
  log: Log
  onWritten: (events: number) => void
  onLost: (events: number) => void
  limits?: Partial<AuditLimits>
}

interface AuditLimits {
  /** About fifty thousand requests. */
  fileBytes: number
  /** Beside the one that is written. Together with it they are all that the log takes of the disk. */
  keptFiles: number
  /** While the disk is slow. Beyond it the newest are lost, for the memory is needed otherwise. */
  pendingEvents: number
}

const usualLimits: AuditLimits = { fileBytes: 32 * 1024 * 1024, keptFiles: 10, pendingEvents: 20_000 }

/** So long lines gather before they are written together: each time that something is written costs as much as ten of them. */
const gatherMs = 20
/** After trouble with the disk: it is not tried with every request. */
const pauseMs = 5_000
const currentName = 'audit.log'
const keptPattern = /^audit-.*\.log$/

interface Writer {
  options: AuditLogOptions
  limits: AuditLimits
  pending: string[]
  file: FileHandle | undefined
  fileBytes: number
  isTroubled: boolean
}

export function openAuditLog(options: AuditLogOptions): AuditLog {
  const writer: Writer = {
    options,
    limits: { ...usualLimits, ...options.limits },
    pending: [],
    file: undefined,
    fileBytes: 0,
    isTroubled: false,
  }
  let writing: Promise<void> | undefined
  let nextWrite: Timer | undefined

  function writeLater(delayMs: number): void {
    if (writing !== undefined) return
    nextWrite ??= options.clock.after(delayMs, () => {
      nextWrite = undefined
      if (writer.pending.length > 0) writeNow()
    })
  }

  function writeNow(): void {
    writing = writePending(writer).then((isWritten) => {
      writing = undefined
      if (!isWritten) writeLater(pauseMs)
      else if (writer.pending.length > 0) writeLater(gatherMs)
    })
  }

  return {
    write(event) {
      if (writer.pending.length >= writer.limits.pendingEvents) return options.onLost(1)
      writer.pending.push(`${JSON.stringify(event)}\n`)
      writeLater(gatherMs)
    },
    async stop() {
      await writing
      nextWrite?.cancel()
      if (writer.pending.length > 0) await writePending(writer)
      if (writer.pending.length > 0) options.onLost(writer.pending.length)
      await writer.file?.close()
    },
  }
}

/** False when the disk does not take it: what was to be written then is lost, for a part of it may be there. */
async function writePending(writer: Writer): Promise<boolean> {
  const { options, limits } = writer
  const lines = writer.pending.splice(0)
  try {
    writer.file ??= await openCurrent(writer)
    const bytes = Buffer.from(lines.join(''))
    await writer.file.appendFile(bytes)
    writer.fileBytes += bytes.length
    options.onWritten(lines.length)
    if (writer.fileBytes >= limits.fileBytes) await putAside(writer)
    writer.isTroubled = false
    return true
  } catch (error) {
    options.onLost(lines.length)
    if (!writer.isTroubled) options.log.error({ error: errorChain(error), lost: lines.length }, 'the audit log cannot be written')
    writer.isTroubled = true
    await writer.file?.close().catch(() => {})
    writer.file = undefined
    return false
  }
}

async function openCurrent(writer: Writer): Promise<FileHandle> {
  await mkdir(writer.options.folder, { recursive: true, mode: 0o700 })
  const file = await open(join(writer.options.folder, currentName), 'a', 0o600)
  writer.fileBytes = (await file.stat()).size
  return file
}

/** Named for the moment, so that names sort by age. */
async function putAside(writer: Writer): Promise<void> {
  const { folder, clock } = writer.options
  await writer.file?.close()
  writer.file = undefined
  const moment = new Date(clock.now()).toISOString().replaceAll(':', '-')
  await rename(join(folder, currentName), join(folder, `audit-${moment}.log`))
  const kept = (await readdir(folder)).filter((name) => keptPattern.test(name)).toSorted()
  for (const name of kept.slice(0, Math.max(0, kept.length - writer.limits.keptFiles))) await rm(join(folder, name))
}
