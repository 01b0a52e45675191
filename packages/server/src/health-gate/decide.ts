// Whether a release on trial may stay. Pure: what was seen gives a verdict, and what cannot become good is not waited for.

import type { MachineState } from '@sheaf/qemu'
import type { GuestRecord } from '../hand-over/record.ts'

export interface HealthSight {
  /** Through the port that clients use. */
  api: { kind: 'answers' } | { kind: 'silent'; trouble: string }
  /** A change came out of a watch that was opened there. */
  watchDelivers: boolean
  controllers: { isSynced: boolean; isAtRest: boolean }
  /** Undefined: the release before left no list. */
  guestsBefore: readonly GuestRecord[] | undefined
  /** By id. */
  machines: ReadonlyMap<string, MachineState>
}

export type HealthVerdict =
  | { kind: 'fit' }
  /** It will not become good. */
  | { kind: 'unfit'; why: string }
  | { kind: 'not-yet'; waitingFor: string }

/** Linux tells a start against a boot time that moves when the clock is set. */
const clockStepMs = 5_000

export function judgeHealth(sight: HealthSight): HealthVerdict {
  const { api, watchDelivers, controllers, guestsBefore, machines } = sight
  if (guestsBefore === undefined) return { kind: 'unfit', why: 'the release before left no list of the guests that ran' }
  const guests = guestsBefore.map((guest) => judgeGuest(guest, machines.get(guest.id)))
  const unfit = guests.find(({ kind }) => kind === 'unfit')
  if (unfit !== undefined) return unfit
  const late = guests.find(({ kind }) => kind === 'not-yet')
  if (late !== undefined) return late
  if (api.kind === 'silent') return waitFor(`an answer of the API through its own port (${api.trouble})`)
  if (!watchDelivers) return waitFor('a change to come out of a watch')
  if (!controllers.isSynced) return waitFor('the controllers to know what is stored')
  if (!controllers.isAtRest) return waitFor('the controllers to come to rest')
  return { kind: 'fit' }
}

const waitFor = (waitingFor: string): HealthVerdict => ({ kind: 'not-yet', waitingFor })

function judgeGuest({ name, pid, startedAt }: GuestRecord, now: MachineState | undefined): HealthVerdict {
  switch (now?.kind) {
    case undefined:
    case 'prepared':
      return waitFor(`${name} to be taken up: it ran as process ${pid} and is not seen`)
    case 'exited':
      return judgeExit(name, now)
    case 'running': {
      const isIts = now.pid === pid || now.earlierPids?.includes(pid) === true
      const isSame = isIts && Math.abs(Date.parse(now.startedAt) - Date.parse(startedAt)) < clockStepMs
      return isSame
        ? { kind: 'fit' }
        : { kind: 'unfit', why: `${name} ran as process ${pid}, and is another process now: ${now.pid}` }
    }
  }
}

/** A guest may end while nobody looks; what ended without a word may have been ended by this very release. */
function judgeExit(name: string, { exit }: Extract<MachineState, { kind: 'exited' }>): HealthVerdict {
  const ownEnds = ['guest-shutdown', 'guest-panic', 'guest-reset', 'watchdog', 'killed', 'host-shutdown']
  if (ownEnds.includes(exit.cause)) return { kind: 'fit' }
  return { kind: 'unfit', why: `${name} ran when the release before let go, and does not run any more (${exit.cause})` }
}
