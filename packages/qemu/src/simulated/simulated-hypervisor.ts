// The hypervisor's promises kept in memory, for tests and demos. All state is the world's: this object may be dropped at any time.

import type { Duplex } from 'node:stream'
import type { AgentCommand, AgentCommands } from '../agent/protocol.ts'
import { ByTurns } from '../by-turns.ts'
import type { Capabilities } from '../capabilities.ts'
import { hostShutdown } from '../ending.ts'
import {
  AgentRefused,
  AgentSilent,
  DisplayBusy,
  type Hypervisor,
  LaunchRefused,
  type Machine,
  MachineLacks,
  NotRunning,
  nameTaken,
} from '../hypervisor.ts'
import { MigrationRefused } from '../migration/migration.ts'
import { assertMovable } from '../migration/obstacles.ts'
import { promisedBytes } from '../promised-memory.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { assertValidPlan, givenPaths } from '../validate-plan.ts'
import { simulatedPicture } from './simulated-guest.ts'
import type { SimulatedMachine } from './simulated-machine.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** A guest that is still booting does not hear the power button. */
const pressAgainMs = 5_000

export class SimulatedHypervisor implements Hypervisor {
  readonly #world: SimulatedWorld
  readonly #turns = new ByTurns()
  readonly #subscriptions = new Set<{ close(): void }>()
  #isReleased = false

  constructor(world: SimulatedWorld) {
    this.#world = world
  }

  async capabilities(): Promise<Capabilities> {
    return this.#world.capabilities()
  }

  async list(): Promise<Machine[]> {
    return [...this.#world.machines.values()].map(describe).toSorted((one, other) => (one.id < other.id ? -1 : 1))
  }

  async find(id: string): Promise<Machine | undefined> {
    const machine = this.#world.machines.get(id)
    return machine && describe(machine)
  }

  async launch(plan: LaunchPlan): Promise<Machine> {
    assertValidPlan(plan)
    return this.#turns.run(plan.id, async () => {
      const existing = this.#world.machines.get(plan.id)
      if (existing === undefined) this.#assertNameIsFree(plan)
      const machine = existing ?? this.#prepare(plan)
      if (machine.state.kind === 'prepared') {
        await new Promise<void>((resolve) => this.#world.clock.after(this.#world.times.startMs, resolve))
        // Whoever was released in the middle of a launch leaves a prepared machine behind, as a process that died would.
        const isStillWanted =
          !this.#isReleased && this.#world.machines.get(plan.id) === machine && machine.state.kind === 'prepared'
        if (isStillWanted) this.#world.start(machine)
      }
      return describe(machine)
    })
  }

  #assertNameIsFree(plan: LaunchPlan): void {
    for (const [id, machine] of this.#world.machines)
      if (machine.plan.name === plan.name && machine.state.kind === 'running') throw nameTaken(plan, id)
  }

  #prepare(plan: LaunchPlan): SimulatedMachine {
    const missing = givenPaths(plan).find((path) => this.#world.isMissing(path))
    if (missing !== undefined)
      throw new LaunchRefused('ImageNotFound', `machine ${plan.id} needs the file ${missing}, which is not there`)
    if (promisedBytes(plan) > this.#world.capabilities().memoryBytes)
      throw new LaunchRefused('NoMemory', `machine ${plan.id} needs more memory than the host has left for it`)
    return this.#world.prepare(plan)
  }

  async pressPowerButton(id: string): Promise<void> {
    this.#world.machines.get(id)?.pressPowerButton()
  }

  async kill(id: string): Promise<void> {
    this.#world.machines.get(id)?.end('killed')
  }

  async shutDownWithHost(id: string, graceMs: number): Promise<void> {
    const machine = this.#world.machines.get(id)
    if (machine?.state.kind !== 'running') return
    machine.announcedEnd = hostShutdown(this.#world.clock.now(), graceMs)
    const { clock } = this.#world
    const lastChance = clock.after(graceMs, () => machine.end('killed'))
    await new Promise<void>((resolve) => {
      const subscription = this.onChange((changed) => {
        if (changed !== id || machine.state.kind === 'running') return
        subscription.close()
        resolve()
      })
      const press = (): void => {
        if (machine.state.kind !== 'running') return
        machine.pressPowerButton()
        clock.after(pressAgainMs, press)
      }
      press()
    })
    lastChance.cancel()
  }

  async reset(id: string): Promise<void> {
    await this.#inOneProcess(id, (machine) => machine.reset())
  }

  async pause(id: string): Promise<void> {
    await this.#inOneProcess(id, (machine) => machine.pause())
  }

  async resume(id: string): Promise<void> {
    await this.#inOneProcess(id, (machine) => machine.resume())
  }

  async #inOneProcess(id: string, act: (machine: SimulatedMachine) => void): Promise<void> {
    const machine = this.#world.machines.get(id)
    if (machine === undefined) return
    await machine.settled()
    act(machine)
  }

  async migrate(id: string, name: string): Promise<void> {
    const machine = this.#running(id, 'there is nothing to be moved')
    const { plan, state, migration } = machine
    if (migration?.name === name) return
    if (migration !== undefined && migration.outcome === undefined)
      throw new MigrationRefused('UnderWay', `machine ${id} is being moved already, by ${migration.name}`)
    const { emulator, hugepages, memoryBytes } = this.#world.capabilities()
    if (emulator === undefined) throw new Error('the simulated host has no QEMU')
    const { qemuVersion = emulator.version, failedDisks = [] } = state.kind === 'running' ? state : {}
    // What it runs as: an alias is that of the QEMU which started it.
    const machineType = plan.machineType ?? plan.machine
    assertMovable({ plan, fromVersion: qemuVersion, machineType, emulator, hugepages, failedDisks, blockers: [] })
    if (promisedBytes(plan) > memoryBytes)
      throw new LaunchRefused('NoMemory', `machine ${id} needs more memory than the host has left for it`)
    this.#world.move(machine, name)
  }

  async cancelMigration(id: string): Promise<void> {
    this.#world.machines.get(id)?.endMove('Cancelled', 'it was cancelled')
  }

  async remove(id: string): Promise<void> {
    const machine = this.#world.machines.get(id)
    if (machine === undefined) return
    machine.end('killed')
    this.#world.machines.delete(id)
    if (machine.plan.keepsUnder !== undefined) this.#world.releaseKept(machine.plan.keepsUnder)
    this.#world.tell(id)
  }

  async discardKept(name: string): Promise<void> {
    this.#world.discardKept(name)
  }

  async openSerial(id: string): Promise<Duplex> {
    const machine = this.#running(id, 'it has no serial console')
    if (machine.plan.serialConsole === 'none') throw new MachineLacks(id, 'serial console')
    return machine.openSerial()
  }

  async openDisplay(id: string, { sparesOther = false } = {}): Promise<Duplex> {
    const machine = this.#withDisplay(id)
    if (sparesOther && machine.isWatched) throw new DisplayBusy(id)
    return machine.openDisplay()
  }

  async screenshot(id: string): Promise<Uint8Array> {
    this.#withDisplay(id)
    return simulatedPicture
  }

  async openPort(id: string, guestPort: number): Promise<Duplex> {
    const machine = this.#running(id, 'nothing listens')
    if (machine.plan.interfaces.length === 0) throw new MachineLacks(id, 'network interface')
    return machine.openPort(guestPort)
  }

  async reachPort(id: string, guestPort: number): Promise<'accepts' | 'refuses' | 'silent'> {
    const machine = this.#running(id, 'nothing listens')
    if (machine.plan.interfaces.length === 0) throw new MachineLacks(id, 'network interface')
    return machine.reachPort(guestPort)
  }

  async askAgent<C extends AgentCommand>(
    id: string,
    command: C,
    taken?: AgentCommands[C]['takes'],
  ): Promise<AgentCommands[C]['gives']> {
    const { agent } = this.#running(id, 'it has no agent')
    if (agent === undefined) throw new AgentSilent(command, 'is not connected')
    if (!(command in agent)) throw new AgentRefused(command, 'The command has not been found')
    const answer: unknown = agent[command]
    return (typeof answer === 'function' ? answer(taken) : answer) as AgentCommands[C]['gives']
  }

  #running(id: string, consequence: string): SimulatedMachine {
    const machine = this.#world.machines.get(id)
    if (machine?.state.kind !== 'running') throw new NotRunning(id, consequence)
    return machine
  }

  #withDisplay(id: string): SimulatedMachine {
    const machine = this.#running(id, 'it has no display')
    if (!machine.plan.graphics) throw new MachineLacks(id, 'display')
    return machine
  }

  onChange(listener: (id: string) => void): { close(): void } {
    const subscription = this.#world.onChange(listener)
    this.#subscriptions.add(subscription)
    return subscription
  }

  async release(): Promise<void> {
    this.#isReleased = true
    for (const subscription of this.#subscriptions) subscription.close()
  }
}

/** There is no log file behind the path: ask the world for `serialText`. */
function describe(machine: SimulatedMachine): Machine {
  const { plan, forwards, state, migration } = machine
  const serialLogPath = `/simulated/machines/${plan.id}/serial.log`
  return { id: plan.id, plan, forwards, state, serialLogPath, ...(migration && { migration }) }
}
