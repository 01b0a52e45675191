import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Decision, decide, type Effect, type Event, type State, start } from './decide.ts'
import type { FromRelease } from './protocol.ts'
import type { Slots } from './slots.ts'

const [old, next] = ['1.0.0', '1.1.0']
const trial = { version: next, id: 'u1', deadlineMs: 60_000 }

/** The supervisor and its world: processes that do what they are told, and slots on a disk. */
class World {
  slots: Slots
  state: State
  said: string[] = []
  /** Whether each process that is there holds the store. */
  processes = new Map<string, 'standing by' | 'holds'>()
  timer: number | 'off' = 'off'
  hasEnded = false
  private ending = false

  constructor(slots: Slots) {
    this.slots = slots
    const { state, effects } = start(slots)
    this.state = state
    this.carryOut(effects)
  }

  happens(event: Event): void {
    if (event.kind === 'exited') this.processes.delete(event.version)
    const decision: Decision = decide(this.state, event, this.slots)
    this.state = decision.state
    this.carryOut(decision.effects)
    if (this.ending && this.processes.size === 0) this.hasEnded = true
  }

  says(by: string, message: FromRelease): void {
    this.happens({ kind: 'said', by, message })
  }

  private carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'write') this.slots = effect.slots
      if (effect.kind === 'spawn') {
        expect(this.processes.has(effect.version), `a second process of ${effect.version}`).toBe(false)
        this.processes.set(effect.version, effect.standby ? 'standing by' : 'holds')
      }
      if (effect.kind === 'tell') this.said.push(`${effect.version}: ${effect.message.kind}`)
      if (effect.kind === 'tell' && effect.message.kind === 'take-over') this.processes.set(effect.version, 'holds')
      if (effect.kind === 'timer') this.timer = effect.ms
      if (effect.kind === 'exitWhenAllEnded') this.ending = true
    }
    const holders = [...this.processes.values()].filter((each) => each === 'holds').length
    expect(holders, 'two releases hold the store').toBeLessThan(2)
  }
}

const exited = (version: string): Event => ({ kind: 'exited', version, how: 'code 1' })

function proving(): World {
  const world = new World({ current: old })
  world.says(old, { kind: 'try', ...trial })
  takesOver(world)
  return world
}

function takesOver(world: World): void {
  world.says(next, { kind: 'standing-by' })
  world.happens(exited(old))
}

const takenBack = (why: string): object => ({ current: old, outcome: { version: next, id: 'u1', result: 'taken-back', why } })

describe('the supervisor', () => {
  it('starts the current release, and again when it ends', () => {
    const world = new World({ current: old })
    world.happens(exited(old))
    expect(world.processes).toEqual(new Map([[old, 'holds']]))
  })

  it('hands over to a release that proves itself', () => {
    const world = proving()
    expect(world.slots).toEqual({ current: old, trial: { ...trial, hasTakenOver: true } })
    world.says(next, { kind: 'proven' })
    expect(world.slots).toEqual({
      current: next,
      previous: old,
      outcome: { version: next, id: 'u1', result: 'confirmed' },
    })
    expect(world.said).toEqual([`${old}: hand-over`, `${next}: take-over`, `${next}: confirmed`])
    expect(world.timer).toBe('off')
  })

  it.each<[string, Event, string]>([
    ['says that it is unfit', { kind: 'said', by: next, message: { kind: 'unfit', why: 'a guest is gone' } }, 'a guest is gone'],
    ['crashes', exited(next), 'it ended (code 1)'],
    ['hangs', { kind: 'timeUp' }, 'it did not prove itself within 60 s'],
  ])('takes back a release that %s', (_, event, why) => {
    const world = proving()
    world.happens(event)
    if (world.processes.has(next)) world.happens(exited(next))
    expect(world.slots).toEqual(takenBack(why))
    expect(world.processes).toEqual(new Map([[old, 'holds']]))
  })

  it.each<[string, Event, string]>([
    ['crashes', exited(next), 'it ended (code 1)'],
    ['hangs', { kind: 'timeUp' }, 'it did not load within 30 s'],
  ])('leaves the current release alone when the next one %s while it loads', (_, event, why) => {
    const world = new World({ current: old })
    world.says(old, { kind: 'try', ...trial })
    world.happens(event)
    expect(world.slots).toEqual(takenBack(why))
    expect(world.processes.get(old)).toBe('holds')
    expect(world.said).toEqual([`${old}: not-tried`])
  })

  it('ends a release that does not let go, and goes on', () => {
    const world = new World({ current: old })
    world.says(old, { kind: 'try', ...trial })
    world.says(next, { kind: 'standing-by' })
    world.happens({ kind: 'timeUp' })
    world.happens(exited(old))
    expect(world.state.kind).toBe('proving')
  })

  it('refuses to try what runs already', () => {
    const world = new World({ current: old })
    world.says(old, { kind: 'try', ...trial, version: old })
    expect(world.said).toEqual([`${old}: not-tried`])
    expect(world.state.kind).toBe('serving')
  })

  it.each<[string, (world: World) => void, string]>([
    ['while it loaded', () => {}, 'the supervisor was killed, or the machine went down, while 1.1.0 was loading'],
    ['while it proved itself', takesOver, 'the supervisor was killed, or the machine went down, before 1.1.0 had proved itself'],
    [
      'when it was to be ended',
      (world) => {
        takesOver(world)
        world.happens({ kind: 'timeUp' })
      },
      'it did not prove itself within 60 s',
    ],
    [
      'by being told to end',
      (world) => world.happens({ kind: 'stop' }),
      'the supervisor was told to end while 1.1.0 was loading',
    ],
  ])('UP22 takes a trial back that was interrupted %s, and says so', (_, interrupted, why) => {
    const before = new World({ current: old })
    before.says(old, { kind: 'try', ...trial })
    interrupted(before)
    const world = new World(before.slots)
    expect(world.slots).toEqual(takenBack(expect.stringContaining(why) as string))
    expect(world.processes).toEqual(new Map([[old, 'holds']]))
  })

  it('ends when all have ended', () => {
    const world = new World({ current: old })
    world.says(old, { kind: 'try', ...trial })
    world.happens({ kind: 'stop' })
    world.happens(exited(old))
    expect(world.hasEnded).toBe(false)
    world.happens(exited(next))
    expect(world.hasEnded).toBe(true)
  })
})

describe('whatever happens', () => {
  const versions = fc.constantFrom(old, next)
  const message = fc.constantFrom<FromRelease>(
    { kind: 'standing-by' },
    { kind: 'try', ...trial },
    { kind: 'handed-over' },
    { kind: 'proven' },
    { kind: 'unfit', why: 'x' },
  )
  const event: fc.Arbitrary<Event> = fc.oneof(
    fc.record({ kind: fc.constant('said' as const), by: versions, message }),
    fc.record({ kind: fc.constant('exited' as const), version: versions, how: fc.constant('code 1') }),
    fc.constant({ kind: 'timeUp' as const }),
  )

  /** Only processes that are there speak or end, and one that stands by lets nothing go. */
  const isPossible = (world: World, each: Event): boolean => {
    if (each.kind === 'said') return world.processes.has(each.by)
    if (each.kind === 'exited') return world.processes.has(each.version)
    return world.timer !== 'off'
  }

  it('UP17 there are never two holders or two processes of one release, and a power cut at any instant leaves one that runs', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const world = new World({ current: old })
        for (const each of events.filter((one) => isPossible(world, one))) {
          if (isPossible(world, each)) world.happens(each)
          const after = new World(world.slots)
          expect(after.processes).toEqual(new Map([[world.slots.current, 'holds']]))
          expect(after.slots.trial).toBeUndefined()
        }
        expect([old, next]).toContain(world.slots.current)
      }),
      { numRuns: 2_000 },
    )
  })

  it('UP18 it comes to rest: once nothing more is said and time goes by, the current release serves', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const world = new World({ current: old })
        for (const each of events) if (isPossible(world, each)) world.happens(each)
        // Time runs out, and whatever was told to end ends.
        for (let round = 0; round < 5 && world.state.kind !== 'serving'; round++) {
          if (world.timer !== 'off') world.happens({ kind: 'timeUp' })
          const { state } = world
          const leaving =
            state.kind === 'taking-back' ? state.waitingFor : state.kind === 'handing-over' ? state.version : undefined
          if (leaving !== undefined && world.processes.has(leaving)) world.happens(exited(leaving))
        }
        expect(world.state).toMatchObject({ kind: 'serving', version: world.slots.current })
        expect(world.processes.get(world.slots.current)).toBe('holds')
      }),
      { numRuns: 2_000 },
    )
  })
})
