// Which release runs, which one ran before, and which one is on trial: one small file, always replaced as a whole.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Slots {
  /** The version that runs, and that runs again when a trial does not end well. */
  current: string
  /** What ran before; kept for `sheaf upgrade rollback`. */
  previous?: string
  /** A release that has been started, or is about to be, and has not proved itself yet. */
  trial?: Trial
  /** How the last trial ended. Stays until the next one. */
  outcome?: Outcome
}

export interface Trial {
  version: string
  /** Of the upgrade that asked for it. */
  id: string
  /** How long it may take from the hand-over on, in milliseconds. */
  deadlineMs: number
  /** From the hand-over on; before that it only loads, and the current release serves. */
  hasTakenOver?: true
  /** Why it cannot stay, once that is known; it is to be ended, or the supervisor is. */
  verdict?: string
}

export interface Outcome {
  version: string
  id: string
  result: 'confirmed' | 'taken-back'
  /** Why it was taken back. */
  why?: string
}

export class SlotsUnreadable extends Error {}

export const slotsFile = (prefix: string): string => join(prefix, 'slots.json')
export const releaseFolder = (prefix: string, version: string): string => join(prefix, 'releases', version)

/** Throws SlotsUnreadable, which says what to do. */
export function readSlots(prefix: string): Slots {
  const path = slotsFile(prefix)
  try {
    const said = JSON.parse(readFileSync(path, 'utf8')) as Partial<Slots>
    if (typeof said.current === 'string' && said.current !== '') return said as Slots
    throw new Error('it names no current release')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SlotsUnreadable(`cannot read ${path}: ${why}. Install a release again, with the same prefix: sheaf install`, {
      cause,
    })
  }
}

/** On the disk when it returns: a power cut leaves what was there before, or this. */
export function writeSlots(prefix: string, slots: Slots): void {
  const path = slotsFile(prefix)
  const fresh = `${path}.new`
  const file = openSync(fresh, 'w', 0o644)
  try {
    writeSync(file, `${JSON.stringify(slots, undefined, 2)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(fresh, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
