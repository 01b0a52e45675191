// What the release before leaves for the one that takes over: which guests ran, and the store as it was.

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Machine } from '@sheaf/qemu'
import { writePrivately } from '../credentials.ts'
import type { DataFolder } from '../data-folder.ts'

export interface HandOverRecord {
  id: string
  from: string
  to: string
  /** The store's, when the record was made; a little more may have been written after it. */
  revision: number
  guests: readonly GuestRecord[]
}

/** A guest as it ran: the same guest has the same start, and was in the process of this pid. */
export interface GuestRecord {
  /** Uid of the instance. */
  id: string
  /** `namespace/name`. */
  name: string
  pid: number
  /** RFC 3339. */
  startedAt: string
}

type StoreFolder = Pick<DataFolder, 'store'>

export const recordPath = ({ store }: StoreFolder, id: string): string => join(dirname(store), `handover-${id}.json`)
export const copyPath = ({ store }: StoreFolder, id: string): string => join(dirname(store), `handover-${id}.db`)

export function guestsAmong(machines: readonly Machine[]): GuestRecord[] {
  return machines.flatMap(({ id, plan, state }) =>
    state.kind === 'running' ? [{ id, name: plan.name.replace('_', '/'), pid: state.pid, startedAt: state.startedAt }] : [],
  )
}

export function writeRecord(folder: StoreFolder, record: HandOverRecord): void {
  writePrivately([recordPath(folder, record.id), `${JSON.stringify(record, undefined, 2)}\n`])
}

/** Undefined when there is none that can be read. */
export function readRecord(folder: StoreFolder, id: string): HandOverRecord | undefined {
  try {
    const said = JSON.parse(readFileSync(recordPath(folder, id), 'utf8')) as Partial<HandOverRecord>
    return said.id === id && Array.isArray(said.guests) ? (said as HandOverRecord) : undefined
  } catch {
    return undefined
  }
}

/** Those of other hand-overs have had their time: each was confirmed, or taken back and restored. */
export function removeRecords(folder: StoreFolder, { except }: { except?: string | undefined } = {}): void {
  const store = dirname(folder.store)
  if (!existsSync(store)) return
  for (const name of readdirSync(store)) {
    const [, id] = /^handover-(.+?)\.(?:json|db)/.exec(name) ?? []
    if (id !== undefined && id !== except) rmSync(join(store, name), { force: true })
  }
}
