// Turns the keys of its sources into reconcile passes: never two at once for one key, again after trouble, and quiet
// while all is well.

import { type Clock, isConflict, keyText, type ObjectKey, type Random, StatusError } from '@sheaf/api/meta'
import { errorChain } from './error-chain.ts'
import type { Log } from './log.ts'
import type { Reconcile, Result } from './reconcile.ts'
import type { Source } from './source.ts'
import { createWorkQueue, type QueueSnapshot, type WorkQueue } from './work-queue.ts'

export interface ControllerOptions {
  /** In logs and snapshots: `widget`. */
  name: string
  reconcile: Reconcile
  sources: readonly Source[]
  /** How many keys may be worked on at the same time. */
  workers: number
  /** What this controller alone listens to, such as informers: ends with it. */
  owns?: readonly { stop(): void }[]
  clock: Clock
  random: Random
  log: Log
}

export interface Controller {
  readonly name: string
  enqueue(key: ObjectKey): void
  /** Ends. Resolves when the passes under way are over. */
  stop(): Promise<void>
  /** Resolves when the sources are known. */
  whenSynced(): Promise<void>
  /** Resolves when the sources are known and nothing waits or runs; what is delayed does not count. */
  whenIdle(): Promise<void>
  /** For people who debug, and for metrics. */
  snapshot(): ControllerSnapshot
}

export interface ControllerSnapshot extends QueueSnapshot {
  name: string
  passes: number
  /** What the last pass of a key said, for keys whose last pass failed. */
  errors: Record<string, string>
}

/** A reconciler that wants yet another look so many times in a row does not get anywhere, and would spin. */
const mostStepsInARow = 100

export function startController(options: ControllerOptions): Controller {
  const { name, sources, clock, random, log } = options
  const queue = createWorkQueue({ clock, random })
  const errors = new Map<string, string>()
  const stepsInARow = new Map<string, number>()
  let passes = 0

  /** Says each trouble once: the same one again is for debugging only. */
  function report(key: ObjectKey, error: unknown): void {
    const text = errorChain(error)
    const fields = { controller: name, key: keyText(key), error: text }
    const isNews = errors.get(keyText(key)) !== text
    errors.set(keyText(key), text)
    if (isNews && !isWeather(error)) log.warn(fields, 'reconcile failed; it will be tried again')
    else log.debug(fields, 'reconcile failed again')
  }

  function comeBack(key: ObjectKey, result: Result): void {
    const steps = result.kind === 'again' ? (stepsInARow.get(keyText(key)) ?? 0) + 1 : 0
    if (steps === 0) stepsInARow.delete(keyText(key))
    else stepsInARow.set(keyText(key), steps)
    if (steps > mostStepsInARow) throw new Error(`took ${mostStepsInARow} steps in a row and wants yet another`)
    if (result.kind === 'again') queue.add(key)
    if (result.kind === 'after') queue.addAfter(key, result.delayMs)
  }

  async function pass(key: ObjectKey): Promise<void> {
    passes++
    try {
      comeBack(key, await options.reconcile(key))
      errors.delete(keyText(key))
      queue.finish(key)
    } catch (error) {
      report(key, error)
      queue.retry(key, retryAfterMs(error))
    }
  }

  const ended = sources.map((source) => source.start(queue.add))
  const synced = Promise.all(sources.map((source) => source.whenSynced()))
  const workers = Array.from({ length: options.workers }, () => synced.then(() => work(queue, pass)))
  let stopped: Promise<void> | undefined

  return {
    name,
    enqueue: queue.add,
    stop() {
      for (const end of ended.splice(0)) end()
      for (const owned of options.owns ?? []) owned.stop()
      queue.close()
      stopped ??= Promise.all(workers).then(() => undefined)
      return stopped
    },
    whenSynced: () => synced.then(() => undefined),
    whenIdle: () => synced.then(() => queue.whenIdle()),
    snapshot: () => ({ name, passes, ...queue.snapshot(), errors: Object.fromEntries(errors) }),
  }
}

async function work(queue: WorkQueue, pass: (key: ObjectKey) => Promise<void>): Promise<void> {
  for (let key = await queue.next(); key !== undefined; key = await queue.next()) await pass(key)
}

/** Losing a race, or a server that asked to wait: it needs a retry, not a reader. */
function isWeather(error: unknown): boolean {
  return isConflict(error) || retryAfterMs(error) > 0
}

function retryAfterMs(error: unknown): number {
  return error instanceof StatusError ? (error.details?.retryAfterSeconds ?? 0) * 1000 : 0
}
