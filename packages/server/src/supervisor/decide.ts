// What the supervisor does about what happens. Pure: a state and an event give the next state and what is to be done, in order.
// Two things hold in every state: slots.json is written before anything is done that it must know of, and without a release
// that has proved itself it is always the one before that comes back.

import type { FromRelease, FromSupervisor } from './protocol.ts'
import type { Slots, Trial } from './slots.ts'

export type State =
  /** The current release serves. `stillEnding`: one that was given up and is not gone yet. */
  | { kind: 'serving'; version: string; stillEnding?: string }
  /** It still serves, while the next one loads. */
  | { kind: 'preparing'; version: string; trial: Trial }
  /** It was asked to let go. */
  | { kind: 'handing-over'; version: string; trial: Trial }
  /** The next one has what there is, and has to prove itself. */
  | { kind: 'proving'; version: string; trial: Trial }
  /** The next one has to be gone before the current one may start again. */
  | { kind: 'taking-back'; version: string; trial: Trial; why: string; waitingFor: string }
  | { kind: 'stopping' }

export type Event =
  | { kind: 'said'; by: string; message: FromRelease }
  | { kind: 'exited'; version: string; how: string }
  | { kind: 'timeUp' }
  /** Somebody wants the supervisor to end. */
  | { kind: 'stop' }

export type Effect =
  | { kind: 'write'; slots: Slots }
  | { kind: 'spawn'; version: string; standby: boolean; delayMs?: number }
  | { kind: 'tell'; version: string; message: FromSupervisor }
  /** SIGTERM, and SIGKILL where that does not help. */
  | { kind: 'end'; version: string }
  /** One timer: a new one replaces the one before. */
  | { kind: 'timer'; ms: number | 'off' }
  | { kind: 'log'; text: string }
  /** The supervisor ends once no process of its own is left. */
  | { kind: 'exitWhenAllEnded' }

export interface Decision {
  state: State
  effects: readonly Effect[]
}

/** A release that only has to load takes a second; one that hangs is not waited for. */
const loadDeadlineMs = 30_000
/** Letting go ends watches and closes the store; a release that does not is ended, which loses nothing that was acknowledged. */
const handOverDeadlineMs = 15_000
/** A release that ends by itself again and again must not keep the machine busy. */
const restartDelayMs = 1_000

export function start(slots: Slots): Decision {
  const { current, trial } = slots
  const spawn: Effect = { kind: 'spawn', version: current, standby: false }
  if (trial === undefined) return { state: { kind: 'serving', version: current }, effects: [spawn] }
  // What has not proved itself is not tried again without being asked.
  const why = trial.verdict ?? undecided('the supervisor was killed, or the machine went down,', trial)
  const effects: Effect[] = [
    { kind: 'write', slots: takenBack(slots, trial, why) },
    { kind: 'log', text: `${trial.version}: ${why}` },
    spawn,
  ]
  return { state: { kind: 'serving', version: current }, effects }
}

const undecided = (what: string, { version, hasTakenOver }: Trial): string =>
  hasTakenOver ? `${what} before ${version} had proved itself` : `${what} while ${version} was loading; it had not taken over yet`

export function decide(state: State, event: Event, slots: Slots): Decision {
  if (event.kind === 'stop') return stop(state, slots)
  switch (state.kind) {
    case 'serving':
      return whileServing(state, event, slots)
    case 'preparing':
      return whilePreparing(state, event, slots)
    case 'handing-over':
      return whileHandingOver(state, event, slots)
    case 'proving':
      return whileProving(state, event, slots)
    case 'taking-back':
      return whileTakingBack(state, event, slots)
    case 'stopping':
      return stay(state)
  }
}

type In<K extends State['kind']> = Extract<State, { kind: K }>

const stay = (state: State): Decision => ({ state, effects: [] })

function whileServing(state: In<'serving'>, event: Event, slots: Slots): Decision {
  if (event.kind === 'exited' && event.version === state.version) {
    const text = `${event.version} ended (${event.how}); it is started again`
    return {
      state,
      effects: [
        { kind: 'log', text },
        { kind: 'spawn', version: state.version, standby: false, delayMs: restartDelayMs },
      ],
    }
  }
  if (event.kind === 'exited') return stay({ kind: 'serving', version: state.version })
  if (event.kind !== 'said' || event.by !== state.version || event.message.kind !== 'try') return stay(state)
  const { version, id, deadlineMs } = event.message
  const trial = { version, id, deadlineMs }
  const why = whyNotTried(version, state)
  if (why !== undefined)
    return { state, effects: [{ kind: 'tell', version: state.version, message: { kind: 'not-tried', why } }] }
  return {
    state: { kind: 'preparing', version: state.version, trial },
    effects: [
      { kind: 'write', slots: { ...withoutTrial(slots), trial } },
      { kind: 'log', text: `${version} is put to the test` },
      { kind: 'spawn', version, standby: true },
      { kind: 'timer', ms: loadDeadlineMs },
    ],
  }
}

function whyNotTried(version: string, state: In<'serving'>): string | undefined {
  if (version === state.version) return `${version} is the current release`
  if (state.stillEnding !== undefined) return `${state.stillEnding}, which was tried before, has not ended yet`
  return undefined
}

function whilePreparing(state: In<'preparing'>, event: Event, slots: Slots): Decision {
  const { version, trial } = state
  const saidByNext = event.kind === 'said' && event.by === trial.version ? event.message : undefined
  if (saidByNext?.kind === 'standing-by') {
    return {
      state: { ...state, kind: 'handing-over' },
      effects: [
        { kind: 'tell', version, message: { kind: 'hand-over' } },
        { kind: 'timer', ms: handOverDeadlineMs },
      ],
    }
  }
  // The current one has gone, for whatever reason: nobody serves, and the next one is not ready. First things first.
  if (event.kind === 'exited' && event.version === version) {
    return giveUp(state, slots, `${version} ended (${event.how}) before it could hand over`, trial.version, [
      { kind: 'spawn', version, standby: false },
    ])
  }
  const why = refusalOf(event, trial, `did not load within ${loadDeadlineMs / 1000} s`)
  if (why === undefined) return stay(state)
  const stillEnding = event.kind === 'exited' ? undefined : trial.version
  return giveUp(state, slots, why, stillEnding, [{ kind: 'tell', version, message: { kind: 'not-tried', why } }])
}

/** The current release goes on, or is started again, as if nothing had been. */
function giveUp(
  { version, trial }: In<'preparing'>,
  slots: Slots,
  why: string,
  stillEnding: string | undefined,
  effects: readonly Effect[],
): Decision {
  return {
    state: { kind: 'serving', version, ...(stillEnding === undefined ? {} : { stillEnding }) },
    effects: [
      { kind: 'write', slots: takenBack(slots, trial, why) },
      { kind: 'timer', ms: 'off' },
      { kind: 'log', text: `${trial.version}: ${why}` },
      ...(stillEnding === undefined ? [] : [{ kind: 'end', version: stillEnding } as const]),
      ...effects,
    ],
  }
}

function whileHandingOver(state: In<'handing-over'>, event: Event, slots: Slots): Decision {
  const { version, trial } = state
  if (event.kind === 'exited' && event.version === version) {
    return {
      state: { ...state, kind: 'proving' },
      effects: [
        { kind: 'write', slots: { ...slots, trial: { ...trial, hasTakenOver: true } } },
        { kind: 'tell', version: trial.version, message: { kind: 'take-over' } },
        { kind: 'timer', ms: trial.deadlineMs },
      ],
    }
  }
  if (event.kind === 'timeUp') return { state, effects: [{ kind: 'end', version }] }
  // The next one is gone and the current one is about to be: it starts again.
  if (event.kind === 'exited') {
    const why = `it ended (${event.how}) before its turn`
    return {
      state: { kind: 'taking-back', version, trial, why, waitingFor: version },
      effects: [{ kind: 'write', slots: withVerdict(slots, why) }],
    }
  }
  return stay(state)
}

function whileProving(state: In<'proving'>, event: Event, slots: Slots): Decision {
  const { version, trial } = state
  const said = event.kind === 'said' && event.by === trial.version ? event.message : undefined
  if (said?.kind === 'proven') {
    const outcome = { version: trial.version, id: trial.id, result: 'confirmed' } as const
    return {
      state: { kind: 'serving', version: trial.version },
      effects: [
        { kind: 'write', slots: { current: trial.version, previous: version, outcome } },
        { kind: 'timer', ms: 'off' },
        { kind: 'log', text: `${trial.version} has proved itself and is the current release` },
        { kind: 'tell', version: trial.version, message: { kind: 'confirmed' } },
      ],
    }
  }
  const why = refusalOf(event, trial, `did not prove itself within ${trial.deadlineMs / 1000} s`)
  if (why === undefined) return stay(state)
  const takingBack: In<'taking-back'> = { kind: 'taking-back', version, trial, why, waitingFor: trial.version }
  if (event.kind === 'exited') return comeBack(takingBack, slots)
  return {
    state: takingBack,
    effects: [
      { kind: 'write', slots: withVerdict(slots, why) },
      { kind: 'timer', ms: 'off' },
      { kind: 'log', text: `${trial.version} cannot stay: ${why}` },
      { kind: 'end', version: trial.version },
    ],
  }
}

function whileTakingBack(state: In<'taking-back'>, event: Event, slots: Slots): Decision {
  if (event.kind === 'timeUp') return { state, effects: [{ kind: 'end', version: state.waitingFor }] }
  return event.kind === 'exited' && event.version === state.waitingFor ? comeBack(state, slots) : stay(state)
}

/** Nobody holds the store now. */
function comeBack({ version, trial, why }: In<'taking-back'>, slots: Slots): Decision {
  return {
    state: { kind: 'serving', version },
    effects: [
      { kind: 'write', slots: takenBack(slots, trial, why) },
      { kind: 'timer', ms: 'off' },
      { kind: 'log', text: `${trial.version} is taken back: ${why}; ${version} starts again` },
      { kind: 'spawn', version, standby: false },
    ],
  }
}

function refusalOf(event: Event, trial: Trial, late: string): string | undefined {
  switch (event.kind) {
    case 'timeUp':
      return `it ${late}`
    case 'exited':
      return event.version === trial.version ? `it ended (${event.how})` : undefined
    case 'said':
      return event.by === trial.version && event.message.kind === 'unfit' ? event.message.why : undefined
    case 'stop':
      return undefined
  }
}

function takenBack(slots: Slots, { version, id }: Trial, why: string): Slots {
  return { ...withoutTrial(slots), outcome: { version, id, result: 'taken-back', why } }
}

/** Known to whoever starts after a supervisor that does not live to see the end of it. */
function withVerdict(slots: Slots, why: string): Slots {
  return slots.trial === undefined ? slots : { ...slots, trial: { ...slots.trial, verdict: slots.trial.verdict ?? why } }
}

function withoutTrial({ current, previous }: Slots): Slots {
  return { current, ...(previous === undefined ? {} : { previous }) }
}

function stop(state: State, slots: Slots): Decision {
  if (state.kind === 'stopping') return stay(state)
  const { trial } = slots
  // A trial that is cut short stays on record: the next start takes it back.
  const running = 'trial' in state ? [state.version, state.trial.version] : [state.version]
  return {
    state: { kind: 'stopping' },
    effects: [
      ...(trial === undefined ? [] : [verdictOfStop(slots, trial)]),
      { kind: 'timer', ms: 'off' },
      ...running.map((version) => ({ kind: 'end', version }) as const),
      { kind: 'exitWhenAllEnded' },
    ],
  }
}

function verdictOfStop(slots: Slots, trial: Trial): Effect {
  return { kind: 'write', slots: withVerdict(slots, undecided('the supervisor was told to end', trial)) }
}
