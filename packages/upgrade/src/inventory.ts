// What is known of an upgrade at one moment. Whoever looks writes it down; the planner reads nothing else.

import type { StationId } from './sequence.ts'

/** How things stand at a station, as the world shows it. */
export type Observation =
  /** Nothing of it is there: not begun, or undone. */
  | { state: 'ahead' }
  | { state: 'underWay'; sinceMs: number; progress?: Progress }
  | { state: 'done' }
  | { state: 'failed'; reason: string; message: string }

export interface Progress {
  done: number
  of: number
  unit: 'bytes' | 'objects' | 'guests' | 'percent'
}

/** Why an upgrade turned round. Kept from the moment it did, because undoing a station takes its traces away. */
export interface Failure {
  station: StationId
  /** One word for programs. */
  reason: string
  message: string
}

export interface Inventory {
  nowMs: number
  stations: Readonly<Record<StationId, Observation>>
  /** Set: the way leads back. */
  failure?: Failure
  wish: Wish
  /** Since when the host serves the same files, because the guest did not answer in time. */
  hostServesSinceMs?: number
}

/** What people asked for since it began. */
export interface Wish {
  /** Stop at the next boundary between two stations. */
  paused: boolean
  /** Go back, from whichever station. Too late once the release has proved itself. */
  aborted: boolean
  /** Guests that an older QEMU runs are to be moved to the one that is installed. */
  movesGuests?: boolean
}

export const nothingWished: Wish = { paused: false, aborted: false }
