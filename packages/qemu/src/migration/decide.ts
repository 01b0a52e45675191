// What becomes of a machine that is between two processes, from what is on record and what both of them say. Pure; the whole
// of what may be found, whoever died when, is in this file.
//
// QEMU itself decides which of the two runs, without us: the source stops, sends the rest, and waits for the target to say that it
// has everything and runs. It counts as over, `postmigrate`, only then; if the target is lost before, the source goes on. So
// it is enough to look.

/** One of the two processes. */
export type Side =
  | { kind: 'gone' }
  /** It is there and does not answer. */
  | { kind: 'silent' }
  | { kind: 'answers'; runState: string; transfer: Transfer }

/** What a process says of the latest move that it had part in, whichever that was. */
export type Transfer = 'inMotion' | 'completed' | 'atRest'

export interface Sides {
  source: Side
  target: Side
  /** Nobody wants it any more, or it takes too long. `longAgo`: so long ago that what takes milliseconds is not to be expected. */
  givenUp: 'no' | 'just' | 'longAgo'
}

export type Step =
  /** It goes on by itself. */
  | 'wait'
  /** The source is told to give up. */
  | 'cancel'
  /** The source is the machine: the target ends. */
  | 'stay'
  /** The target is the machine: the source ends. */
  | 'takeOver'
  /** Neither can go on: both end. */
  | 'abandon'

export function decide({ source, target, givenUp }: Sides): Step {
  if (source.kind === 'gone') return hasArrived(target) ? 'takeOver' : afterSourceIsGone(target)
  if (source.kind === 'silent') return 'wait'
  // For some milliseconds; then it is over, or the source runs again. Told to give up now, it might go on while the target does too.
  if (source.runState === 'finish-migrate') return givenUp === 'longAgo' && !hasArrived(target) ? 'cancel' : 'wait'
  if (source.transfer === 'inMotion') return givenUp === 'no' ? 'wait' : 'cancel'
  // A source that was once a target has completed a move of the past, and runs. One that was paused when its move failed is left
  // in `postmigrate` too: that move has not completed.
  return source.runState === 'postmigrate' && source.transfer === 'completed' ? afterHandingOver(target) : 'stay'
}

/** It has everything that the guest is. */
const hasArrived = (side: Side): boolean => side.kind === 'answers' && side.runState !== 'inmigrate'

/** A target that is silent may hold the guest. One that waits for the rest waits in vain. */
const afterSourceIsGone = (target: Side): Step => (target.kind === 'silent' ? 'wait' : 'abandon')

/** The guest has run in the target: what the source still has is of the past, and must not be let loose on its disks. */
function afterHandingOver(target: Side): Step {
  if (target.kind === 'gone') return 'abandon'
  return hasArrived(target) ? 'takeOver' : 'wait'
}

const restingStatuses: readonly string[] = ['none', 'failed', 'cancelled']

/** Of QEMU's `query-migrate`. A word that we do not know is one of a later QEMU, for something that goes on. */
export function transferOf(status: string | undefined): Transfer {
  if (status === 'completed') return 'completed'
  return status === undefined || restingStatuses.includes(status) ? 'atRest' : 'inMotion'
}
