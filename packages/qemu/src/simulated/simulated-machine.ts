// A guest and its process, acted out: it boots, listens or does not, prints, echoes, and ends in all the ways there are.

import { type Duplex, duplexPair } from 'node:stream'
import type { ChosenForward } from '../argv/network.ts'
import { consoleHistoryBytes } from '../console-history.ts'
import { type EndingRecord, endingInForce } from '../ending.ts'
import type { Exit, ExitCause, MachineState, RunningState } from '../hypervisor.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import type { Migration, MigrationFailure } from '../migration/migration.ts'
import { displayGreeting, type SimulatedAgent, type SimulatedService } from './simulated-guest.ts'

export interface SimulatedClock {
  /** Milliseconds since 1970. */
  now(): number
  after(delayMs: number, run: () => void): { cancel(): void }
}

export interface SimulatedTimes {
  /** From the launch until QEMU answers. */
  startMs: number
  /** From the first instruction until user space listens to the power button. */
  bootMs: number
  /** From the power button until the guest has powered itself off. */
  shutdownMs: number
  /** From the beginning of a move to another process until the guest runs there. */
  moveMs: number
}

/** How long a guest stands still when it is moved. */
const pausedMs = 20

/** What a guest prints when it is up. */
export const bootBanner = '>'

export class SimulatedMachine {
  readonly plan: LaunchPlan
  readonly forwards: readonly ChosenForward[]
  listensToPowerButton = true
  /** The host's end, while it may be the one that ends it. The host itself never boots anew here. */
  announcedEnd: EndingRecord | undefined
  #state: MachineState = { kind: 'prepared' }
  #isBooted = false
  #serialText = ''
  #migration: Migration | undefined
  /** While it is moved. */
  #move: { timer: { cancel(): void }; over: Promise<void>; end(): void } | undefined
  #console: { guestEnd: Duplex; clientEnd: Duplex } | undefined
  #display: { machineEnd: Duplex; clientEnd: Duplex } | undefined
  #agent: SimulatedAgent | undefined
  /** By port. They come up with every boot, as programs that are installed. */
  readonly services = new Map<number, SimulatedService>()
  /** What the guest does next, unless it is paused: then it waits. */
  #pending: { act: () => void; timer: { cancel(): void } | undefined } | undefined
  readonly #clock: SimulatedClock
  readonly #times: SimulatedTimes
  readonly #onChange: () => void

  constructor(
    plan: LaunchPlan,
    forwards: readonly ChosenForward[],
    clock: SimulatedClock,
    times: SimulatedTimes,
    onChange: () => void,
  ) {
    this.plan = plan
    this.forwards = forwards
    this.#clock = clock
    this.#times = times
    this.#onChange = onChange
  }

  get state(): MachineState {
    return this.#state
  }

  /** Everything that the guest printed. */
  get serialText(): string {
    return this.#serialText
  }

  get migration(): Migration | undefined {
    return this.#migration
  }

  start(pid: number, qemuVersion: string): void {
    const startedAt = new Date(this.#clock.now()).toISOString()
    this.#state = { kind: 'running', pid, paused: this.plan.startPaused, startedAt, qemuVersion }
    this.#boot()
    this.#onChange()
  }

  /** Its process becomes another one after a while. With a failure it does not. */
  beginMove(name: string, to: { pid: number; qemuVersion: string }, failure?: string): void {
    if (this.#state.kind !== 'running') return
    const begun: Migration = {
      name,
      startedAt: new Date(this.#clock.now()).toISOString(),
      fromVersion: this.#state.qemuVersion ?? to.qemuVersion,
      toVersion: to.qemuVersion,
    }
    this.#migration = begun
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    const timer = this.#clock.after(this.#times.moveMs, () => {
      if (failure !== undefined) return this.endMove('QemuFailed', failure)
      this.#endSessions()
      if (this.#state.kind === 'running')
        this.#state = { ...this.#state, ...to, earlierPids: [...(this.#state.earlierPids ?? []), this.#state.pid] }
      const transferredBytes = this.plan.memoryBytes
      const at = new Date(this.#clock.now()).toISOString()
      const outcome = { kind: 'succeeded', at, pausedMs, totalMs: this.#times.moveMs, transferredBytes } as const
      this.#migration = { ...begun, outcome }
      this.#move = undefined
      end()
      this.#onChange()
    })
    this.#move = { timer, over, end }
    this.#onChange()
  }

  /** It stays in the process that it is in. */
  endMove(reason: MigrationFailure, message: string): void {
    if (this.#move === undefined || this.#migration === undefined) return
    const { timer, end } = this.#move
    timer.cancel()
    const at = new Date(this.#clock.now()).toISOString()
    this.#migration = { ...this.#migration, outcome: { kind: 'failed', at, reason, message } }
    this.#move = undefined
    end()
    this.#onChange()
  }

  /** Resolves when it is not being moved. */
  async settled(): Promise<void> {
    await this.#move?.over
  }

  #endSessions(): void {
    this.#console?.guestEnd.end()
    this.#display?.machineEnd.end()
  }

  pressPowerButton(): void {
    if (this.#state.kind === 'running' && this.#isBooted && this.listensToPowerButton)
      this.#next(this.#times.shutdownMs, () => this.end('guest-shutdown'))
  }

  reset(): void {
    if (this.#state.kind === 'running') this.#boot()
  }

  /** The guest's own reboot. */
  reboot(): void {
    if (this.plan.onReboot === 'terminate') this.end('guest-reset')
    else this.reset()
  }

  /** Without the device by which a guest tells its panic, nobody learns of it: the guest hangs. */
  panic(): void {
    if (this.plan.panicDevice) this.end('guest-panic')
    else this.listensToPowerButton = false
  }

  /** The guest has not fed its watchdog in time. */
  watchdog(): void {
    switch (this.plan.watchdog?.action) {
      case 'reset':
        return this.reboot()
      case 'shutdown':
        return this.pressPowerButton()
      case 'poweroff':
        return this.end('watchdog')
      case undefined: // There is none.
    }
  }

  /** The host cannot do what the guest asks of a disk: the guest waits. */
  failDisk(name: string, isFull: boolean): void {
    this.pause()
    if (this.#state.kind === 'running') this.#state = { ...this.#state, failedDisks: [{ name, isFull }] }
    this.#onChange()
  }

  pause(): void {
    if (this.#state.kind !== 'running' || this.#state.paused) return
    this.#state = { ...this.#state, paused: true }
    this.#pending?.timer?.cancel()
    this.#onChange()
  }

  resume(): void {
    if (this.#state.kind !== 'running' || !this.#state.paused) return
    const { failedDisks: _, ...state }: RunningState = this.#state
    this.#state = { ...state, paused: false }
    if (this.#pending !== undefined) this.#next(0, this.#pending.act)
    this.#onChange()
  }

  /** Only the first cause counts. */
  end(cause: ExitCause, lastWords = ''): void {
    if (this.#state.kind === 'exited') return
    this.endMove('MachineEnded', 'the machine ended while it was moved')
    const exit: Exit = {
      cause:
        endingInForce(this.announcedEnd, { atMs: this.#clock.now(), isOfThisBoot: true })?.kind === 'host-shutdown'
          ? 'host-shutdown'
          : cause,
      at: new Date(this.#clock.now()).toISOString(),
      lastWords,
    }
    this.#state = { kind: 'exited', exit }
    this.#pending?.timer?.cancel()
    this.#agent = undefined
    this.#endSessions()
    this.#onChange()
  }

  openSerial(): Duplex {
    this.#console?.clientEnd.destroy()
    const [guestEnd, clientEnd] = duplexPair({ encoding: 'utf8' })
    const opened = { guestEnd, clientEnd }
    this.#console = opened
    guestEnd.write(this.#serialText.slice(-consoleHistoryBytes))
    guestEnd.on('data', (typed: string) => this.#print(typed))
    clientEnd.on('close', () => {
      guestEnd.destroy()
      if (this.#console === opened) this.#console = undefined
    })
    return clientEnd
  }

  get isWatched(): boolean {
    return this.#display !== undefined && !this.#display.clientEnd.destroyed
  }

  openDisplay(): Duplex {
    this.#display?.clientEnd.destroy()
    const [machineEnd, clientEnd] = duplexPair()
    const opened = { machineEnd, clientEnd }
    this.#display = opened
    machineEnd.write(displayGreeting)
    machineEnd.resume()
    clientEnd.on('close', () => {
      machineEnd.destroy()
      if (this.#display === opened) this.#display = undefined
    })
    return clientEnd
  }

  openPort(port: number): Duplex {
    const [guestEnd, clientEnd] = duplexPair()
    const service = this.services.get(port)
    if (service === undefined || !this.#isBooted) clientEnd.destroy()
    else service(guestEnd)
    return clientEnd
  }

  reachPort(port: number): 'accepts' | 'refuses' | 'silent' {
    if (this.#state.kind !== 'running' || this.#state.paused || !this.#isBooted) return 'silent'
    return this.services.has(port) ? 'accepts' : 'refuses'
  }

  get agent(): SimulatedAgent | undefined {
    return this.#agent
  }

  /** The agent opens its end of the channel, or closes it. */
  set agent(agent: SimulatedAgent | undefined) {
    if (this.#state.kind !== 'running') return
    this.#agent = agent
    const { agentConnected: _, ...state }: RunningState = this.#state
    this.#state = agent === undefined ? state : { ...state, agentConnected: true }
    this.#onChange()
  }

  #boot(): void {
    this.#isBooted = false
    if (this.#agent !== undefined) this.agent = undefined
    this.listensToPowerButton = true
    this.#next(this.#times.bootMs, () => {
      this.#isBooted = true
      this.#print(bootBanner)
    })
  }

  #next(delayMs: number, act: () => void): void {
    this.#pending?.timer?.cancel()
    const begin = (): void => {
      this.#pending = undefined
      act()
    }
    const isPaused = this.#state.kind === 'running' && this.#state.paused
    this.#pending = { act, timer: isPaused ? undefined : this.#clock.after(delayMs, begin) }
  }

  #print(text: string): void {
    this.#serialText += text
    this.#console?.guestEnd.write(text)
  }
}
