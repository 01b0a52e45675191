import { describe, expect, it } from 'vitest'
import type { LaunchPlan } from '../launch-plan.ts'
import { type ConformanceRig, hypervisorConformance } from '../testing/hypervisor-conformance.ts'
import type { SimulatedClock } from './simulated-machine.ts'
import { samplePlan } from '../testing/sample-plan.ts'
import { SimulatedWorld } from './simulated-world.ts'

const realClock: SimulatedClock = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Time that passes only when it is told to. */
class HandClock implements SimulatedClock {
  #nowMs = Date.UTC(2030, 0)
  #due: { atMs: number; run: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): { cancel(): void } {
    const entry = { atMs: this.#nowMs + delayMs, run }
    this.#due.push(entry)
    return { cancel: () => void (this.#due = this.#due.filter((other) => other !== entry)) }
  }

  pass(ms: number): void {
    const end = this.#nowMs + ms
    for (;;) {
      const next = this.#due.filter((entry) => entry.atMs <= end).toSorted((one, other) => one.atMs - other.atMs)[0]
      if (next === undefined) break
      this.#due = this.#due.filter((entry) => entry !== next)
      this.#nowMs = next.atMs
      next.run()
    }
    this.#nowMs = end
  }
}

const planOf = (id: string, changes: Partial<LaunchPlan> = {}): LaunchPlan => samplePlan(id, { panicDevice: true, ...changes })

async function openRig(): Promise<ConformanceRig> {
  const world = new SimulatedWorld({ clock: realClock, times: { startMs: 2, bootMs: 5, shutdownMs: 5 } })
  world.loseFile('/images/missing.img')
  return {
    open: async () => world.open(),
    plan: planOf,
    refusedPlan: (id) => {
      world.failNextLaunch('unable to find CPU model')
      return { plan: planOf(id), word: 'CPU model' }
    },
    planWithoutImage: (id) =>
      planOf(id, {
        disks: [
          {
            name: 'root',
            device: 'disk',
            bus: 'virtio',
            readOnly: false,
            source: { kind: 'file', path: '/images/missing.img', format: 'raw' },
          },
        ],
      }),
    serialText: async (machine) => world.serialText(machine.id),
    guest: {
      shutdown: async ({ id }) => world.guestShutdown(id),
      panic: async ({ id }) => world.guestPanic(id),
      reboot: async ({ id }) => world.guestReboot(id),
      hang: async ({ id }) => world.guestHangs(id),
      ignorePowerButton: async ({ id }) => world.ignorePowerButton(id),
    },
    crash: async (machine) => world.crash(machine.id),
    [Symbol.asyncDispose]: async () => {},
  }
}

describe('the simulated hypervisor', () => {
  hypervisorConformance(openRig)
})

describe('the simulated world', () => {
  async function launched(world: SimulatedWorld, clock: HandClock, id: string) {
    const launching = world.open().launch(planOf(id))
    await Promise.resolve()
    await Promise.resolve()
    clock.pass(world.times.startMs)
    return launching
  }

  it('takes the time that a guest takes to boot and to shut down', async () => {
    const clock = new HandClock()
    const world = new SimulatedWorld({ clock })
    await launched(world, clock, 'one')
    const hypervisor = world.open()
    await hypervisor.pressPowerButton('one')
    clock.pass(world.times.bootMs)
    expect((await hypervisor.find('one'))?.state.kind).toBe('running')
    await hypervisor.pressPowerButton('one')
    clock.pass(world.times.shutdownMs - 1)
    expect((await hypervisor.find('one'))?.state.kind).toBe('running')
    clock.pass(1)
    expect((await hypervisor.find('one'))?.state).toMatchObject({ kind: 'exited', exit: { cause: 'guest-shutdown' } })
  })

  it('lets a paused guest do nothing until it is resumed', async () => {
    const clock = new HandClock()
    const world = new SimulatedWorld({ clock })
    await launched(world, clock, 'one')
    const hypervisor = world.open()
    await hypervisor.pause('one')
    clock.pass(world.times.bootMs * 10)
    expect(world.serialText('one')).toBe('')
    await hypervisor.resume('one')
    clock.pass(world.times.bootMs)
    expect(world.serialText('one')).toBe('>')
  })

  it('leaves a prepared machine behind when the launcher goes away in the middle, and goes on with it later', async () => {
    const clock = new HandClock()
    const world = new SimulatedWorld({ clock })
    const hypervisor = world.open()
    const launching = hypervisor.launch(planOf('one'))
    await Promise.resolve()
    await Promise.resolve()
    await hypervisor.release()
    clock.pass(world.times.startMs)
    expect((await launching).state.kind).toBe('prepared')
    expect((await launched(world, clock, 'one')).state.kind).toBe('running')
  })

  it('draws the same faults from the same seed, and others from another', async () => {
    const outcomes = async (seed: number): Promise<string> => {
      const clock = new HandClock()
      const world = new SimulatedWorld({ clock, seed, faults: { failsToStart: 0.5 } })
      const states: string[] = []
      for (let index = 0; index < 32; index += 1) states.push((await launched(world, clock, `m${index}`)).state.kind)
      return states.join(' ')
    }
    expect(await outcomes(7)).toBe(await outcomes(7))
    expect(await outcomes(7)).not.toBe(await outcomes(8))
    expect(await outcomes(7)).toMatch(/running/)
    expect(await outcomes(7)).toMatch(/exited/)
  })

  it('crashes machines while they boot and makes them deaf, when it is told to', async () => {
    const clock = new HandClock()
    const crashing = new SimulatedWorld({ clock, faults: { crashesWhileBooting: 1 } })
    await launched(crashing, clock, 'one')
    clock.pass(crashing.times.bootMs)
    expect((await crashing.open().find('one'))?.state).toMatchObject({ kind: 'exited', exit: { cause: 'crashed' } })

    const deaf = new SimulatedWorld({ clock, faults: { ignoresPowerButton: 1 } })
    await launched(deaf, clock, 'one')
    clock.pass(deaf.times.bootMs)
    await deaf.open().pressPowerButton('one')
    clock.pass(deaf.times.shutdownMs)
    expect((await deaf.open().find('one'))?.state.kind).toBe('running')
  })
})
