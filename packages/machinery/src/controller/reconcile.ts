// A reconciler gets a key, never an event, and says what is to happen next. Running it twice changes nothing.

import type { ObjectKey } from '@sheaf/api/meta'

export type Result =
  /** Nothing to do until something changes. */
  | { kind: 'done' }
  /** A step was taken: look again at once. */
  | { kind: 'again' }
  /** Look again after a time, also when nothing changes. */
  | { kind: 'after'; delayMs: number }

export const done: Result = { kind: 'done' }
export const again: Result = { kind: 'again' }
export const after = (delayMs: number): Result => ({ kind: 'after', delayMs })

/** Throws on trouble with the world: the key comes back with growing delay. */
export type Reconcile = (key: ObjectKey) => Promise<Result>
