// Does what decide.ts says: processes, one timer, and slots.json. It keeps nothing in memory that slots.json would lack.

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { type Decision, decide, type Effect, type Event, type State, start } from './decide.ts'
import { orphansOf } from './orphans.ts'
import { type FromRelease, isMessage, supervisorVersion } from './protocol.ts'
import { readSlots, releaseFolder, type Slots, writeSlots } from './slots.ts'

/**
 * Ending takes a second. One that does not end when it is asked to loses nothing that it has acknowledged, and the release
 * that is to come back is awaited.
 */
const killAfterMs = 3_000

export interface SupervisorOptions {
  prefix: string
  /** Handed on to `sheaf serve` of every release. */
  serveArguments: readonly string[]
  log: (text: string) => void
}

export interface Supervisor {
  /** Ends the releases, not their guests. */
  stop(): void
  whenEnded: Promise<void>
}

/** Throws SlotsUnreadable. */
export function supervise({ prefix, serveArguments, log }: SupervisorOptions): Supervisor {
  let slots: Slots = readSlots(prefix)
  let state: State
  let timer: NodeJS.Timeout | undefined
  let isEnding = false
  const processes = new Map<string, ChildProcess>()
  const ended = Promise.withResolvers<void>()

  const take = (decision: Decision): void => {
    state = decision.state
    for (const effect of decision.effects) carryOut(effect)
    endIfAllEnded()
  }
  const happens = (event: Event): void => take(decide(state, event, slots))

  function carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'write':
        slots = effect.slots
        return writeSlots(prefix, slots)
      case 'spawn':
        return void setTimeout(() => launch(effect.version, effect.standby), effect.delayMs ?? 0)
      case 'tell':
        return void processes.get(effect.version)?.send(effect.message, () => {})
      case 'end':
        return endProcess(processes.get(effect.version))
      case 'timer':
        clearTimeout(timer)
        if (effect.ms !== 'off') timer = setTimeout(() => happens({ kind: 'timeUp' }), effect.ms)
        return
      case 'log':
        return log(effect.text)
      case 'exitWhenAllEnded':
        isEnding = true
    }
  }

  function launch(version: string, standby: boolean): void {
    if (isEnding) return endIfAllEnded()
    const folder = releaseFolder(prefix, version)
    const words = ['serve', ...(standby ? ['--standby'] : []), ...serveArguments]
    const child = spawn(join(folder, 'bin', 'sheaf'), words, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, SHEAF_PREFIX: prefix, SHEAF_SUPERVISOR: supervisorVersion },
    })
    processes.set(version, child)
    child.on('message', (message) => {
      if (isMessage(message)) happens({ kind: 'said', by: version, message: message as FromRelease })
    })
    const gone = (how: string): void => {
      if (processes.get(version) !== child) return
      processes.delete(version)
      happens({ kind: 'exited', version, how })
    }
    // A program that is not there never exits.
    child.on('error', (error) => gone(error.message))
    child.on('exit', (code, signal) => gone(signal === null ? `code ${code}` : signal))
  }

  function endIfAllEnded(): void {
    if (isEnding && processes.size === 0) ended.resolve()
  }

  endOrphans(prefix, log)
  take(start(slots))
  return { stop: () => happens({ kind: 'stop' }), whenEnded: ended.promise }
}

/** The current release waits for what they hold. Nobody else supervises this folder: whoever calls holds its lock. */
function endOrphans(prefix: string, log: (text: string) => void): void {
  const orphans = orphansOf(prefix)
  for (const pid of orphans) {
    log(`process ${pid} is left of an earlier supervisor, and is ended`)
    signal(pid, 'SIGTERM')
  }
  const kill = (): void => {
    const left = orphansOf(prefix)
    for (const pid of orphans) if (left.includes(pid)) signal(pid, 'SIGKILL')
  }
  if (orphans.length > 0) setTimeout(kill, killAfterMs)
}

/** It may have ended by now. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function endProcess(child: ChildProcess | undefined): void {
  if (child === undefined) return
  child.kill('SIGTERM')
  const last = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  child.on('exit', () => clearTimeout(last))
}
