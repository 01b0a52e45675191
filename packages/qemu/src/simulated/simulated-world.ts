// The host on which simulated machines run. It outlives every hypervisor that is opened over it, as a real host does.

import type { ChosenForward } from '../argv/network.ts'
import { portInUse } from '../host-ports.ts'
import type { Hypervisor } from '../hypervisor.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { seededRandom } from './seeded-random.ts'
import type { SimulatedAgent, SimulatedService } from './simulated-guest.ts'
import { SimulatedHypervisor } from './simulated-hypervisor.ts'
import { type SimulatedClock, SimulatedMachine, type SimulatedTimes } from './simulated-machine.ts'

/** Chances from 0 to 1; each is drawn once for each launch. */
export interface SimulatedFaults {
  /** QEMU refuses to start. */
  failsToStart?: number
  /** The guest does not listen to the power button. */
  ignoresPowerButton?: number
  /** The process ends without a word while the guest boots. */
  crashesWhileBooting?: number
}

export interface SimulatedWorldOptions {
  clock: SimulatedClock
  times?: Partial<SimulatedTimes>
  seed?: number
  faults?: SimulatedFaults
  /** Asked at every start of a process: the words in which QEMU refuses it, or undefined. */
  refusal?: (plan: LaunchPlan) => string | undefined
}

/** As QEMU and a small Linux guest do on a machine with emulation. */
const lifelikeTimes: SimulatedTimes = { startMs: 60, bootMs: 2_000, shutdownMs: 1_200 }

const firstPid = 1_000
const firstChosenPort = 20_000

export class SimulatedWorld {
  readonly clock: SimulatedClock
  readonly times: SimulatedTimes
  readonly machines = new Map<string, SimulatedMachine>()
  readonly #listeners = new Set<(id: string) => void>()
  readonly #random: () => number
  readonly #faults: SimulatedFaults
  readonly #refusal: (plan: LaunchPlan) => string | undefined
  readonly #nextFailures: string[] = []
  readonly #missingFiles = new Set<string>()
  #lastPid = firstPid
  #lastPort = firstChosenPort

  constructor({ clock, times, seed = 1, faults = {}, refusal = () => undefined }: SimulatedWorldOptions) {
    this.clock = clock
    this.times = { ...lifelikeTimes, ...times }
    this.#random = seededRandom(seed)
    this.#faults = faults
    this.#refusal = refusal
  }

  /** A hypervisor over this world. Opening another one after `release` is a restart of the control plane. */
  open(): Hypervisor {
    return new SimulatedHypervisor(this)
  }

  /** The process is killed from outside, or QEMU crashes. */
  crash(id: string): void {
    this.#running(id)?.end('crashed')
  }

  guestShutdown(id: string): void {
    this.#running(id)?.end('guest-shutdown')
  }

  guestPanic(id: string): void {
    this.#running(id)?.panic()
  }

  guestReboot(id: string): void {
    this.#running(id)?.reboot()
  }

  /** From now until it boots anew the guest does not hear the power button. */
  ignorePowerButton(id: string): void {
    const machine = this.#running(id)
    if (machine !== undefined) machine.listensToPowerButton = false
  }

  /** An agent in the guest opens its end of the channel, until the guest boots anew; or, with none, closes it. */
  connectAgent(id: string, agent: SimulatedAgent | undefined): void {
    const machine = this.#running(id)
    if (machine !== undefined) machine.agent = agent
  }

  /** A program in the guest listens on this port. */
  serveGuestPort(id: string, port: number, service: SimulatedService): void {
    this.machines.get(id)?.services.set(port, service)
  }

  /** The next launch, of whichever machine, ends with QEMU's refusal in these words. */
  failNextLaunch(lastWords: string): void {
    this.#nextFailures.push(lastWords)
  }

  /** Images are taken to be there unless they are named here. */
  loseFile(path: string): void {
    this.#missingFiles.add(path)
  }

  isMissing(path: string): boolean {
    return this.#missingFiles.has(path)
  }

  /** What the guest printed on its serial console. */
  serialText(id: string): string {
    return this.machines.get(id)?.serialText ?? ''
  }

  onChange(listener: (id: string) => void): { close(): void } {
    this.#listeners.add(listener)
    return { close: () => void this.#listeners.delete(listener) }
  }

  tell(id: string): void {
    for (const listener of this.#listeners) listener(id)
  }

  prepare(plan: LaunchPlan): SimulatedMachine {
    const machine = new SimulatedMachine(plan, this.#chooseForwards(plan), this.clock, this.times, () => this.tell(plan.id))
    this.machines.set(plan.id, machine)
    return machine
  }

  /** What QEMU does when it is started: it runs or refuses. */
  start(machine: SimulatedMachine): void {
    const refusal =
      this.#refusal(machine.plan) ??
      this.#nextFailures.shift() ??
      (this.#happens(this.#faults.failsToStart) ? 'simulated fault: QEMU refuses to start' : undefined)
    if (refusal !== undefined) return machine.end('failed-to-start', refusal)
    machine.start(++this.#lastPid)
    if (this.#happens(this.#faults.ignoresPowerButton)) machine.listensToPowerButton = false
    if (this.#happens(this.#faults.crashesWhileBooting)) this.clock.after(this.times.bootMs / 2, () => machine.end('crashed'))
  }

  #chooseForwards(plan: LaunchPlan): ChosenForward[] {
    const running = [...this.machines.values()].filter((machine) => machine.state.kind === 'running')
    const taken = new Set(running.flatMap((machine) => machine.forwards.map((forward) => forward.hostPort)))
    return plan.interfaces
      .flatMap((each) => each.forwards)
      .map((forward) => {
        const { name, protocol, hostAddress, guestPort } = forward
        if (forward.hostPort !== 'any' && taken.has(forward.hostPort)) throw portInUse(hostAddress, forward.hostPort, name)
        return {
          name,
          protocol,
          hostAddress,
          guestPort,
          hostPort: forward.hostPort === 'any' ? ++this.#lastPort : forward.hostPort,
        }
      })
  }

  #happens(chance: number | undefined): boolean {
    return chance !== undefined && this.#random() < chance
  }

  #running(id: string): SimulatedMachine | undefined {
    const machine = this.machines.get(id)
    return machine?.state.kind === 'running' ? machine : undefined
  }
}
