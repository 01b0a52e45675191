// The whole way as it lies ahead, with what each part is expected to take: what `sheaf upgrade plan` prints.

import type { Observation } from './inventory.ts'
import { type Phase, type StationId, stationsFor } from './sequence.ts'

export interface PlannedStation {
  station: StationId
  phase: Phase
  title: string
  /** What going back from here would mean; undefined where nothing is left behind. */
  undo: string | undefined
  /** Milliseconds. */
  expectedMs: number
  /** By this machine's own history, or by the figures that come with Sheaf. */
  basis: 'history' | 'estimate'
  isDone: boolean
}

export interface Plan {
  stations: readonly PlannedStation[]
  /** Of what is not done yet. */
  leftMs: number
}

export interface PlanFacts {
  /** What of it is done; all of it ahead when absent. */
  seen?: Readonly<Partial<Record<StationId, Observation>>>
  /** Of the release; the parts that grow with it are estimated by it. */
  releaseBytes: number
  /** It was asked that guests be moved to the QEMU that is installed. */
  movesGuests?: boolean
  /** How long each station took when it was last passed here, in milliseconds. */
  history: Readonly<Partial<Record<StationId, number>>>
}

const bytesPerMiB = 1024 * 1024

export function planUpgrade({ seen = {}, releaseBytes, movesGuests = false, history }: PlanFacts): Plan {
  const planned = stationsFor({ movesGuests }).map(({ id, phase, title, expected, undo }): PlannedStation => {
    const known = history[id]
    const estimate = expected.ms + (expected.msPerMiB ?? 0) * (releaseBytes / bytesPerMiB)
    return {
      station: id,
      phase,
      title,
      undo,
      expectedMs: Math.round(known ?? estimate),
      basis: known === undefined ? 'estimate' : 'history',
      isDone: seen[id]?.state === 'done',
    }
  })
  return { stations: planned, leftMs: planned.reduce((sum, each) => sum + (each.isDone ? 0 : each.expectedMs), 0) }
}
