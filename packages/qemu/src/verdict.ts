// From what is seen of a machine to what is said of it. Pure: the whole of what an end may look like is in this file.

import type { ExitCause } from './hypervisor.ts'
import type { QmpEvent, RunState } from './qmp/protocol.ts'

export interface Sighting {
  /** What QEMU answered; undefined when the process is there and has not answered yet. */
  process: { kind: 'alive'; runState: RunState | undefined } | { kind: 'gone' }
  /** What QEMU said on the monitor, heard by us or not, oldest first. */
  events: readonly QmpEvent[]
  /** Somebody asked us to end it, on record. */
  killIntended: boolean
  /** The guest was allowed to run, on record. */
  started: boolean
}

export type Verdict =
  | { kind: 'prepared' }
  | { kind: 'running'; paused: boolean }
  /** The process may still be there, paused, to be asked; it has nothing more to tell. */
  | { kind: 'ended'; cause: ExitCause }

export function judge({ process, events, killIntended, started }: Sighting): Verdict {
  if (process.kind === 'gone') {
    const cause = causeInEvents(events) ?? (killIntended ? 'killed' : 'crashed')
    return started || killIntended ? { kind: 'ended', cause } : { kind: 'prepared' }
  }
  if (!started) return { kind: 'prepared' }
  switch (process.runState) {
    case 'shutdown':
      // A reboot that ends the machine looks the same from here as a shutdown; only the event tells them apart.
      return { kind: 'ended', cause: causeInEvents(events) ?? (killIntended ? 'killed' : causeWithoutGuest(events)) }
    case 'guest-panicked':
      return { kind: 'ended', cause: 'guest-panic' }
    case 'watchdog':
      return { kind: 'ended', cause: 'watchdog' }
    case 'internal-error':
      return { kind: 'ended', cause: 'crashed' }
    case 'running':
    case undefined:
      return { kind: 'running', paused: false }
    case 'prelaunch':
    case 'paused':
    case 'io-error':
    case 'suspended':
    case 'handing-over':
    case 'other':
      return { kind: 'running', paused: true }
  }
}

/** The first word by which the guest ended itself. What follows it is our own tidying up. */
function causeInEvents(events: readonly QmpEvent[]): ExitCause | undefined {
  for (const { name, data } of events) {
    if (name === 'GUEST_PANICKED') return 'guest-panic'
    // Only a watchdog that is to end the machine pauses it.
    if (name === 'WATCHDOG' && data['action'] === 'pause') return 'watchdog'
    if (name === 'SHUTDOWN' && data['guest'] === true) return causeOfShutdown(data['reason'])
  }
  return undefined
}

/** On a signal QEMU shuts the guest down without asking it, and is seen to do so for a moment before it is gone. */
function causeWithoutGuest(events: readonly QmpEvent[]): ExitCause {
  return events.some((event) => event.name === 'SHUTDOWN') ? 'crashed' : 'guest-shutdown'
}

function causeOfShutdown(reason: unknown): ExitCause {
  if (reason === 'guest-reset') return 'guest-reset'
  return reason === 'guest-panic' ? 'guest-panic' : 'guest-shutdown'
}
