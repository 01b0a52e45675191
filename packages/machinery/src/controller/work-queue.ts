// Which keys want a look. A key is in it once however often it was added, is never with two workers at once, and comes
// back if it was added while a worker had it.

import { type Clock, keyText, type ObjectKey, type Random, type Timer } from '@sheaf/api/meta'
import { backoffMs } from './backoff.ts'

/** From "a neighbour was a moment late" to "a person will have to look"; an event brings the key back at once anyway. */
const retryLimits = { firstMs: 50, mostMs: 60_000 }

export interface WorkQueue {
  /** Wants a look now. Overtakes a delay. */
  add: (key: ObjectKey) => void
  /** Wants a look after a time, or earlier if something else says so. */
  addAfter(key: ObjectKey, delayMs: number): void
  /** The next key in order; the caller owns it until `finish` or `retry`. Undefined when the queue was closed. */
  next(): Promise<ObjectKey | undefined>
  /** The look went well: the key's failures are forgotten. */
  finish(key: ObjectKey): void
  /** The look failed: the key comes back later, the later the more often it failed, and not before `atLeastMs`. */
  retry(key: ObjectKey, atLeastMs?: number): void
  /** Resolves when nothing waits and nobody works. Delayed keys do not count. */
  whenIdle(): Promise<void>
  /** Gives nothing out any more. */
  close(): void
  /** How many keys want a look now. */
  readonly depth: number
  snapshot(): QueueSnapshot
}

export interface QueueSnapshot {
  waiting: string[]
  running: string[]
  delayed: { key: string; inMs: number }[]
  failures: Record<string, number>
}

interface Delay {
  dueMs: number
  timer: Timer
}

export function createWorkQueue({ clock, random }: { clock: Clock; random: Random }): WorkQueue {
  const waiting = new Map<string, ObjectKey>()
  const running = new Set<string>()
  /** Added while a worker had them. */
  const dirty = new Map<string, ObjectKey>()
  const delays = new Map<string, Delay>()
  const failures = new Map<string, number>()
  const idleWorkers: ((key: ObjectKey | undefined) => void)[] = []
  let idleListeners: (() => void)[] = []
  let closed = false

  function add(key: ObjectKey): void {
    const text = keyText(key)
    if (closed) return
    if (running.has(text)) {
      dirty.set(text, key)
      return
    }
    cancelDelay(text)
    waiting.set(text, key)
    handOut()
  }

  function addAfter(key: ObjectKey, delayMs: number): void {
    const text = keyText(key)
    const dueMs = clock.now() + delayMs
    if (closed || waiting.has(text) || dirty.has(text) || (delays.get(text)?.dueMs ?? Infinity) <= dueMs) return
    cancelDelay(text)
    const run = (): void => {
      delays.delete(text)
      add(key)
    }
    delays.set(text, { dueMs, timer: clock.after(delayMs, run) })
  }

  function cancelDelay(text: string): void {
    delays.get(text)?.timer.cancel()
    delays.delete(text)
  }

  function handOut(): void {
    for (const [text, key] of waiting) {
      const worker = idleWorkers.shift()
      if (worker === undefined) return
      waiting.delete(text)
      running.add(text)
      worker(key)
    }
  }

  function release(key: ObjectKey): void {
    const text = keyText(key)
    running.delete(text)
    const again = dirty.get(text)
    dirty.delete(text)
    if (again !== undefined) add(again)
    if (waiting.size > 0 || running.size > 0) return
    for (const listener of idleListeners) listener()
    idleListeners = []
  }

  return {
    add,
    addAfter,
    next() {
      if (closed) return Promise.resolve(undefined)
      return new Promise((resolve) => {
        idleWorkers.push(resolve)
        handOut()
      })
    },
    finish(key) {
      failures.delete(keyText(key))
      release(key)
    },
    retry(key, atLeastMs = 0) {
      const text = keyText(key)
      const failed = (failures.get(text) ?? 0) + 1
      failures.set(text, failed)
      // What a failing look wrote itself must not bring it back at once, or it would spin.
      dirty.delete(text)
      addAfter(key, Math.max(atLeastMs, backoffMs(failed, retryLimits, random)))
      release(key)
    },
    whenIdle() {
      if (waiting.size === 0 && running.size === 0) return Promise.resolve()
      return new Promise((resolve) => idleListeners.push(resolve))
    },
    close() {
      closed = true
      waiting.clear()
      dirty.clear()
      for (const text of delays.keys()) cancelDelay(text)
      for (const worker of idleWorkers.splice(0)) worker(undefined)
    },
    get depth() {
      return waiting.size
    },
    snapshot: () => ({
      waiting: [...waiting.keys()],
      running: [...running],
      delayed: [...delays].map(([key, { dueMs }]) => ({ key, inMs: dueMs - clock.now() })),
      failures: Object.fromEntries(failures),
    }),
  }
}
