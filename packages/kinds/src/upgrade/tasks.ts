// Work of a station that takes its time: it runs beside the reconciler, which looks at it. What it found is in the journal
// when it ends well; how it failed is told until somebody ends it. With the process it is gone, and is begun anew.

import type { Progress, StationId } from '@sheaf/upgrade'
import { errorChain } from '@sheaf/machinery/controller'
import { ReleaseRefused } from './platform.ts'
import type { Undone } from './undone.ts'

/** Of a station, or what follows when all are passed. */
export type TaskName = StationId | 'rollback'

export interface TaskWorld {
  signal: AbortSignal
  progress: (progress: Progress) => void
}

export type TaskSight =
  | { state: 'none' }
  | { state: 'running'; progress?: Progress }
  | { state: 'failed'; reason: string; message: string }

export interface Tasks {
  /** Since when this process looks after upgrades: what hung before that did not have its time. */
  readonly sinceMs: number
  /** Begins it unless it runs already or has failed. */
  ensure(id: string, name: TaskName, work: (world: TaskWorld) => Promise<void>): void
  look(id: string, name: TaskName): TaskSight
  /** Ends what runs for this upgrade and forgets how it went. `notYet` while something of it still runs; nobody waits. */
  giveUp(id: string): Undone
  /** Ends everything. Resolves when nothing runs any more. */
  stop(): Promise<void>
}

interface Task {
  id: string
  abort: AbortController
  sight: TaskSight
  over: Promise<void>
}

export function createTasks({ nowMs, onChange }: { nowMs: number; onChange: (id: string) => void }): Tasks {
  const tasks = new Map<string, Task>()
  const keyOf = (id: string, name: TaskName): string => `${id}/${name}`

  function begin(id: string, key: string, work: (world: TaskWorld) => Promise<void>): Task {
    const abort = new AbortController()
    const task: Task = { id, abort, sight: { state: 'running' }, over: Promise.resolve() }
    const progress = (now: Progress): void => void (task.sight = { state: 'running', progress: now })
    task.over = work({ signal: abort.signal, progress })
      .then(
        () => void tasks.delete(key),
        (error: unknown) => void (task.sight = failureOf(error)),
      )
      .finally(() => {
        if (!abort.signal.aborted) onChange(id)
      })
    return task
  }

  function giveUp(id: string): Undone {
    const own = [...tasks].filter(([, task]) => task.id === id)
    for (const [key, { abort, sight }] of own) {
      abort.abort()
      if (sight.state === 'failed') tasks.delete(key)
    }
    return own.every(([key]) => !tasks.has(key)) ? 'undone' : 'notYet'
  }

  return {
    sinceMs: nowMs,
    ensure(id, name, work) {
      const key = keyOf(id, name)
      if (!tasks.has(key)) tasks.set(key, begin(id, key, work))
    },
    look: (id, name) => tasks.get(keyOf(id, name))?.sight ?? { state: 'none' },
    giveUp,
    async stop() {
      const running = [...tasks.values()]
      for (const { abort } of running) abort.abort()
      await Promise.all(running.map(({ over }) => over))
    },
  }
}

function failureOf(error: unknown): TaskSight {
  if (error instanceof ReleaseRefused) return { state: 'failed', reason: error.reason, message: error.message }
  if (!isDiskFull(error)) return { state: 'failed', reason: 'Failed', message: errorChain(error) }
  return {
    state: 'failed',
    reason: 'NoSpace',
    message: `there is no room: ${errorChain(error)}. Make room, then: sheaf upgrade retry`,
  }
}

/** Whatever writes may find it so: a copy of the store and a report need room as a release does. */
function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  return code === 'ENOSPC' || code === 'EDQUOT' || error.name === 'StoreFull' || isDiskFull(error.cause)
}
