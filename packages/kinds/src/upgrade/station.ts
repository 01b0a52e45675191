// What carries out one station. It is looked at, pursued until it is done, and undone when the way leads back. Whoever pursues
// has written down the intent before, and may do so again and again: only what is missing is done.

import type { ObjectKey } from '@sheaf/api/meta'
import type { Observation, StationId } from '@sheaf/upgrade'
import type { Upgrade } from '@sheaf/api'
import type { Found, JournalEntry } from './journal.ts'
import type { UpgradePorts } from './ports.ts'
import type { StationRecord, UpgradeRecord } from './record.ts'
import type { HostServing } from './host-serving.ts'
import type { Tasks, TaskWorld } from './tasks.ts'
import type { Undone } from './undone.ts'

/** One look at one upgrade, and all that it takes to act on it. */
export interface Pass {
  upgrade: Upgrade
  key: ObjectKey
  /** Of its journal, log, copies and trial. */
  id: string
  record: UpgradeRecord
  ports: UpgradePorts
  tasks: Tasks
  hostServing: HostServing
  /** Journal and log, in this order. */
  note(entry: JournalEntryWithoutTime): Promise<void>
}

export type JournalEntryWithoutTime = JournalEntry extends infer Entry
  ? Entry extends JournalEntry
    ? Omit<Entry, 'atMs'>
    : never
  : never

export interface StationWork {
  /** Only of what was begun and is not done according to the journal. */
  observe(pass: Pass): Promise<Observation>
  pursue(pass: Pass): Promise<void>
  /** Whatever is left of it goes. Asked again and again until it is undone. */
  undo?(pass: Pass): Promise<Undone>
}

/** The journal's word, where it has one. */
export function recordedObservation({ begunMs, doneMs }: StationRecord): Observation | undefined {
  if (doneMs !== undefined) return { state: 'done' }
  return begunMs === undefined ? { state: 'ahead' } : undefined
}

/** Since when it is under way; what passed while nobody looked after it does not count. */
export function sinceMs({ record, tasks }: Pick<Pass, 'record' | 'tasks'>, station: StationId): number {
  return Math.max(record.stations[station].begunMs ?? 0, tasks.sinceMs)
}

/** A station that is one task: it is done when the task has ended and the journal says so. */
export function taskStation(
  station: StationId,
  work: (pass: Pass, world: TaskWorld) => Promise<Found>,
  undo?: StationWork['undo'],
): StationWork {
  return {
    async observe(pass) {
      const sight = pass.tasks.look(pass.id, station)
      if (sight.state === 'failed') return sight
      const progress = sight.state === 'running' && sight.progress !== undefined ? { progress: sight.progress } : {}
      return { state: 'underWay', sinceMs: sinceMs(pass, station), ...progress }
    },
    async pursue(pass) {
      pass.tasks.ensure(pass.id, station, async (world) => {
        const found = await work(pass, world)
        if (!world.signal.aborted) await pass.note({ kind: 'done', station, found })
      })
    },
    ...(undo === undefined ? {} : { undo }),
  }
}

/** The version that it leads to; known from the signature on. */
export function targetOf({ record }: Pick<Pass, 'record'>): string {
  if (record.release === undefined) throw new Error('the release has not been checked')
  return record.release.version
}
