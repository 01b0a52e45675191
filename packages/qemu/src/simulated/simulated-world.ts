// The host on which simulated machines run. It outlives every hypervisor that is opened over it, as a real host does.

import type { ChosenForward } from '../argv/network.ts'
import type { Capabilities } from '../capabilities.ts'
import { portInUse } from '../host-ports.ts'
import { promisedBytes } from '../promised-memory.ts'
import type { Hypervisor } from '../hypervisor.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { seededRandom } from './seeded-random.ts'
import type { SimulatedAgent, SimulatedService } from './simulated-guest.ts'
import { lifelikeCapabilities } from './lifelike-capabilities.ts'
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
  /** A move to another process comes to nothing. Drawn once for each move. */
  failsToMove?: number
}

export interface SimulatedWorldOptions {
  clock: SimulatedClock
  times?: Partial<SimulatedTimes>
  seed?: number
  faults?: SimulatedFaults
  /** Asked at every start of a process: the words in which QEMU refuses it, or undefined. */
  refusal?: (plan: LaunchPlan) => string | undefined
  /** Asked whenever somebody looks at the host; what is not said is lifelike. Memory that machines were promised is taken off. */
  capabilities?: () => Partial<Capabilities>
}

/** As QEMU and a small Linux guest do on a machine with emulation. */
const lifelikeTimes: SimulatedTimes = { startMs: 60, bootMs: 2_000, shutdownMs: 1_200, moveMs: 500 }

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
  readonly #capabilities: () => Partial<Capabilities>
  /** Names under which machines keep what outlives them, and whether that is to go with the last machine. */
  readonly #kept = new Map<string, { isDiscarded: boolean }>()
  readonly #nextFailures: string[] = []
  readonly #missingFiles = new Set<string>()
  #lastPid = firstPid
  #lastPort = firstChosenPort

  constructor(options: SimulatedWorldOptions) {
    const { clock, times, seed = 1, faults = {}, refusal = () => undefined, capabilities = () => ({}) } = options
    this.clock = clock
    this.times = { ...lifelikeTimes, ...times }
    this.#random = seededRandom(seed)
    this.#faults = faults
    this.#refusal = refusal
    this.#capabilities = capabilities
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

  /** The guest has hung for so long that its watchdog, if it has one, acts. */
  guestHangs(id: string): void {
    this.#running(id)?.watchdog()
  }

  /** The host cannot do what the guest asks of a disk. */
  failDisk(id: string, disk: string, isFull = false): void {
    this.#running(id)?.failDisk(disk, isFull)
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

  capabilities(): Capabilities {
    const host = { ...lifelikeCapabilities, ...this.#capabilities() }
    const promised = [...this.machines.values()].filter((machine) => machine.state.kind !== 'exited')
    const owed = promised.reduce((sum, { plan }) => sum + promisedBytes(plan), 0)
    return { ...host, memoryBytes: Math.max(0, host.memoryBytes - owed) }
  }

  /** Names under which something is kept. */
  get kept(): string[] {
    return [...this.#kept.keys()]
  }

  discardKept(name: string): void {
    const kept = this.#kept.get(name)
    if (kept !== undefined) kept.isDiscarded = true
    this.releaseKept(name)
  }

  releaseKept(name: string): void {
    const isUsed = [...this.machines.values()].some((machine) => machine.plan.keepsUnder === name)
    if (this.#kept.get(name)?.isDiscarded === true && !isUsed) this.#kept.delete(name)
  }

  prepare(plan: LaunchPlan): SimulatedMachine {
    if (plan.keepsUnder !== undefined && !this.#kept.has(plan.keepsUnder)) this.#kept.set(plan.keepsUnder, { isDiscarded: false })
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
    machine.start(++this.#lastPid, this.#qemuVersion())
    if (this.#happens(this.#faults.ignoresPowerButton)) machine.listensToPowerButton = false
    if (this.#happens(this.#faults.crashesWhileBooting)) this.clock.after(this.times.bootMs / 2, () => machine.end('crashed'))
  }

  /** What QEMU does when a machine is moved to a new process of it. */
  move(machine: SimulatedMachine, name: string): void {
    const failure = this.#happens(this.#faults.failsToMove) ? 'simulated fault: QEMU gives up' : undefined
    machine.beginMove(name, { pid: ++this.#lastPid, qemuVersion: this.#qemuVersion() }, failure)
  }

  /** Of the QEMU that is installed now. */
  #qemuVersion(): string {
    return this.capabilities().emulator?.version ?? 'none'
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
