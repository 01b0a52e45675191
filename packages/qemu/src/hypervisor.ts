// What the rest of the house holds: machines that run outside this process and are looked at, never remembered.
// Two implementations: QEMU, and a simulated one with seeded faults. Both keep the same promises.

import type { Duplex } from 'node:stream'
import type { AgentCommand, AgentCommands } from './agent/protocol.ts'
import type { Capabilities } from './capabilities.ts'
import type { LaunchPlan } from './launch-plan.ts'
import type { Migration } from './migration/migration.ts'

/** Why a machine is not running any more. */
export type ExitCause =
  /** The guest powered itself off, by itself or after being asked. */
  | 'guest-shutdown'
  /** The guest's kernel said that it panicked. */
  | 'guest-panic'
  /** The guest rebooted and the plan says that this ends it. */
  | 'guest-reset'
  /** The guest did not feed its watchdog in time, and the plan says that this ends it. */
  | 'watchdog'
  /** We ended it: `kill` was called. */
  | 'killed'
  /** It ended because `shutDownWithHost` asked it to: nobody wanted it to be off. */
  | 'host-shutdown'
  /** The process ended without a word that we know: kill -9, a crash of QEMU, a signal, a power cut of the host. */
  | 'crashed'
  /** QEMU refused to start. */
  | 'failed-to-start'

export interface Exit {
  cause: ExitCause
  /** RFC 3339. When it was observed. */
  at: string
  /** Last lines that QEMU wrote to its standard error; empty when it was silent. */
  lastWords: string
}

export type MachineState =
  /** A state folder with a plan, no process yet: a launch was interrupted. Launching again goes on. */
  { kind: 'prepared' } | RunningState | { kind: 'exited'; exit: Exit }

export interface RunningState {
  kind: 'running'
  pid: number
  paused: boolean
  /** When its guest was started. A move to another process does not change it. */
  startedAt: string
  /** The processes that this guest was in before, the latest ones. Absent when it was never moved. */
  earlierPids?: readonly number[]
  /** Of the QEMU that runs it, as `7.2.0`. Not known of a machine that does not answer and was started by an earlier release. */
  qemuVersion?: string
  /** The agent in the guest has opened its end of the channel. */
  agentConnected?: true
  /** It is paused because the host could not do what the guest asked of these disks. Resuming it tries again. */
  failedDisks?: readonly FailedDisk[]
}

export interface FailedDisk {
  name: string
  /** There was no room for what the guest wrote. */
  isFull: boolean
}

export interface Machine {
  id: string
  plan: LaunchPlan
  state: MachineState
  /** The plan's forwards with the ports that were chosen. */
  forwards: readonly { name: string; protocol: 'tcp' | 'udp'; hostAddress: string; hostPort: number; guestPort: number }[]
  serialLogPath: string
  /** Its latest move to another process, under way or over. */
  migration?: Migration
}

export interface Hypervisor {
  /** What this host can give a machine now. */
  capabilities(): Promise<Capabilities>
  /** Every machine that has a state folder. */
  list(): Promise<Machine[]>
  /** Undefined when there is no state folder. */
  find(id: string): Promise<Machine | undefined>
  /**
   * Makes sure that the machine of this plan was started: idempotent. An existing machine of this id is left as it is
   * (also when it has exited: remove it first). Never two processes for one id, nor for one name. Resolves when QEMU answers, or when
   * it refused (then the state is `exited` with `failed-to-start`). Throws LaunchRefused when it cannot even be tried.
   */
  launch(plan: LaunchPlan): Promise<Machine>
  /** Presses the power button. Does nothing when the machine is not running. */
  pressPowerButton(id: string): Promise<void>
  /** Ends the process at once. The state folder stays, with cause `killed`. */
  kill(id: string): Promise<void>
  /**
   * The host goes down and takes the machine along: presses the power button until the guest obeys, and ends it after
   * `graceMs`. Resolves when it is off. Does nothing when the machine is not running.
   */
  shutDownWithHost(id: string, graceMs: number): Promise<void>
  /** Like the reset button. It is no reboot by the guest: it never ends the machine, whatever the plan says of reboots. */
  reset(id: string): Promise<void>
  pause(id: string): Promise<void>
  resume(id: string): Promise<void>
  /**
   * Moves a running machine to a process of the QEMU that is installed now: the same guest, with the same disks, the same ports of the
   * host and the same consoles, after a pause that is measured. What is connected to its ports, its console or its display has to
   * connect again. Resolves when it is under way, or over; `Machine.migration` tells how it stands, and `onChange` that it has changed.
   * Idempotent: a move of this name is not begun twice. It needs nobody: whoever dies meanwhile leaves a machine that runs
   * in one of both processes, and the next one sees to it that only that one is left. Meanwhile `pause`, `resume` and
   * `reset` wait for its end, and whatever ends the machine cancels it. Throws NotRunning, MigrationRefused.
   */
  migrate(id: string, name: string): Promise<void>
  /** The machine stays where it is, unless it has arrived already. Resolves when that is decided. Does nothing when none is under way. */
  cancelMigration(id: string): Promise<void>
  /** Ends the process if need be and removes every trace: folder, overlays, sockets. */
  remove(id: string): Promise<void>
  /** What machines kept under this name goes: at once, or with the last machine that uses it. */
  discardKept(name: string): Promise<void>
  /**
   * The serial console, both ways, beginning with what the guest printed lately. A new session ends the one before it:
   * that stream closes. Throws ConsoleBusy when a program of somebody else is connected; throws NotRunning.
   */
  openSerial(id: string): Promise<Duplex>
  /**
   * The display, as the RFB protocol speaks of it. A new session ends the one before it, unless it is to be spared:
   * then throws DisplayBusy. Throws NotRunning, MachineLacks.
   */
  openDisplay(id: string, options?: { sparesOther?: boolean }): Promise<Duplex>
  /** What the display shows, as PNG. `movesPointer` wakes a screen that the guest has blanked. Throws NotRunning, MachineLacks. */
  screenshot(id: string, options?: { movesPointer?: boolean }): Promise<Uint8Array>
  /** A TCP connection to a port of the guest; it closes at once when nobody listens there. Throws NotRunning, MachineLacks. */
  openPort(id: string, guestPort: number): Promise<Duplex>
  /**
   * Whether a program in the guest takes connections on a port; `silent` when the guest says neither yes nor no in time.
   * Throws NotRunning, MachineLacks.
   */
  reachPort(id: string, guestPort: number, timeoutMs: number): Promise<'accepts' | 'refuses' | 'silent'>
  /**
   * One question to the agent in the guest. It waits for those that were asked before it, which counts as part of its
   * time. Throws NotRunning, AgentSilent, AgentRefused.
   */
  askAgent<C extends AgentCommand>(
    id: string,
    command: C,
    taken?: AgentCommands[C]['takes'],
    options?: { timeoutMs?: number },
  ): Promise<AgentCommands[C]['gives']>
  /** Says only that a machine should be looked at again. */
  onChange(listener: (id: string) => void): { close(): void }
  /** Lets go of every machine without touching it. They run on. */
  release(): Promise<void>
}

/** The plan cannot be carried out here; the message says what is missing and what would mend it. */
export class LaunchRefused extends Error {
  readonly reason:
    | 'NoMemory'
    | 'ImageNotFound'
    | 'InvalidPlan'
    | 'QemuMissing'
    | 'NoSpace'
    | 'FirmwareMissing'
    | 'PortInUse'
    | 'NameTaken'
  constructor(reason: LaunchRefused['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LaunchRefused'
    this.reason = reason
  }
}

/** The same guest under another id: two of them would be one machine that runs twice. */
export function nameTaken({ name }: Pick<LaunchPlan, 'name'>, other: string): LaunchRefused {
  const message = `a machine of the name ${name} runs already, with the id ${other}: shut it down first, nothing is started beside it`
  return new LaunchRefused('NameTaken', message)
}

/** What was asked needs a machine that runs. */
export class NotRunning extends Error {
  constructor(id: string, consequence: string) {
    super(`machine ${id} is not running: ${consequence}`)
    this.name = 'NotRunning'
  }
}

export class ConsoleBusy extends Error {
  constructor(id: string) {
    super(`another program is connected to the serial console of ${id}`)
    this.name = 'ConsoleBusy'
  }
}

export class DisplayBusy extends Error {
  constructor(id: string) {
    super(`another session is connected to the display of ${id}`)
    this.name = 'DisplayBusy'
  }
}

/** Its plan gives the machine none. */
export class MachineLacks extends Error {
  constructor(id: string, what: string) {
    super(`machine ${id} has no ${what}`)
    this.name = 'MachineLacks'
  }
}

/** The agent in the guest is not there, or does not answer. */
export class AgentSilent extends Error {
  constructor(command: string, how: string, options?: ErrorOptions) {
    super(`the guest agent ${how} when asked for ${command}`, options)
    this.name = 'AgentSilent'
  }
}

/** The agent in the guest answered that it cannot, or may not. */
export class AgentRefused extends Error {
  constructor(command: string, description: string) {
    super(`the guest agent refused ${command}: ${description}`)
    this.name = 'AgentRefused'
  }
}
