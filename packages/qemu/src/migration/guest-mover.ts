// Moving machines from one process to another. What is known lies on the disk and in both processes; what is held here is only
// who follows which move, and what it was last seen to have copied.

import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { interfaceId } from '../argv/network.ts'
import type { Attachment } from '../attachment.ts'
import type { Capabilities, EmulatorCapabilities } from '../capabilities.ts'
import { syncPath } from '../durable-file.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { endProcess, pause } from '../process.ts'
import { hostBootId, type ProcessIdentity, startTime } from '../process-identity.ts'
import type { QmpClient } from '../qmp/client.ts'
import type { MigrationInfo } from '../qmp/protocol.ts'
import { fileNames } from '../state-files.ts'
import { type MachineRecord, type StartRecord, writeRecord } from '../state-folder.ts'
import { decide, type Sides, transferOf } from './decide.ts'
import { releaseForwards, takeForwards } from './forwards.ts'
import { incomingFolder } from './incoming-arguments.ts'
import {
  type MigrationFailure,
  type MigrationOutcome,
  type MigrationProgress,
  type MigrationRecord,
  MigrationRefused,
} from './migration.ts'
import { assertMovable } from './obstacles.ts'
import { type Abilities, lostFeatures, withheldFeatures } from './pinned-processor.ts'
import { startTarget, targetLastWords } from './start-target.ts'
import { lookAtBoth, type TwoProcesses } from './two-processes.ts'

/** How machines are come by. */
export interface MoverDoor {
  inTurn<T>(id: string, work: () => Promise<T>): Promise<T>
  recordOf(id: string): Promise<MachineRecord | undefined>
  attachmentOf(id: string): Attachment | undefined
  /** From now on the machine is this process. */
  attach(id: string, record: MachineRecord, process: ProcessIdentity): Promise<void>
  detach(id: string): void
  folderOf(id: string): string
  /** Of the QEMU that is installed. Throws when it cannot be asked. */
  emulator(): Promise<EmulatorCapabilities>
  hugepages(): Promise<Capabilities['hugepages']>
  /** Throws LaunchRefused `NoMemory`: all that run need what they were promised, and this one needs it twice. */
  assertRoom(plan: LaunchPlan): void
  qemu: string
  now(): Date
  log(message: string, error?: unknown): void
  tell(id: string): void
}

interface Follower {
  givenUp: { why: 'Cancelled' | 'TimedOut'; atMs: number } | undefined
  progress: MigrationProgress | undefined
  over: Promise<void>
}

/** A move of some hundred MiB takes half a second: this finds its end soon, and asks for less than a thousandth of a processor. */
const lookEveryMs = 15
/** A process that did not answer is not asked again at once. */
const retryMs = 1_000
/** How long it may take for each GiB of the guest's memory: a thousandth of what memory can do. */
const mostMsPerGiB = 150_000
/** Between two processes of one host nothing is in the way but memory itself; QEMU's own limit is that of a network. */
const bytesPerSecond = 64 * 1024 ** 3
/** A cancelled move has ended within some milliseconds, and so has what a guest stands still for. */
const hungMs = 3_000
const cancelDeadlineMs = 10_000

/** What it promises stands in hypervisor.ts. */
export class GuestMover {
  readonly #door: MoverDoor
  readonly #followers = new Map<string, Follower>()
  #isReleased = false

  constructor(door: MoverDoor) {
    this.#door = door
  }

  /** In the machine's turn. Throws MigrationRefused, LaunchRefused `NoMemory`. */
  async begin(name: string, record: MachineRecord, attachment: Attachment): Promise<void> {
    const { plan, migration } = record
    if (migration?.name === name) return
    if (migration !== undefined && migration.outcome === undefined)
      throw new MigrationRefused('UnderWay', `machine ${plan.id} is being moved already, by ${migration.name}`)
    const emulator = await this.#door.emulator()
    const machineType = await machineTypeOf(attachment)
    const { 'blocked-reasons': blockers = [] } = await attachment.execute('query-migrate')
    const { qemuVersion: fromVersion, failedDisks } = attachment
    const hugepages = await this.#door.hugepages()
    assertMovable({ plan, fromVersion, machineType, emulator, hugepages, failedDisks, blockers })
    const withheld = withheldFeatures(plan.cpu, await abilitiesOf(attachment.execute), emulator.processorFeatures)
    this.#door.assertRoom(plan)
    const { pid, startTicks } = attachment.process
    const journal: MigrationRecord = {
      name,
      startedAt: this.#door.now().toISOString(),
      fromVersion,
      toVersion: emulator.version,
      source: { pid, startTicks, bootId: await hostBootId() },
    }
    await writeRecord(this.#door.folderOf(plan.id), 'migration', journal)
    await this.#set(plan, journal, attachment, { machineType, withheld })
  }

  /** What fails from here on is an outcome. */
  async #set(
    plan: LaunchPlan,
    journal: MigrationRecord,
    attachment: Attachment,
    changes: { machineType: string; withheld: readonly string[] },
  ): Promise<void> {
    const { id } = plan
    const folder = this.#door.folderOf(id)
    try {
      const target = await startTarget({ folder, source: journal.source, qemu: this.#door.qemu, ...changes })
      if (target.kind === 'refused') throw new Error(target.lastWords || 'it said nothing')
      const lost = lostFeatures(plan.cpu, await abilitiesOf(attachment.execute), await abilitiesOf(target.client.execute)).join(
        ', ',
      )
      target.client.close()
      if (lost !== '') throw new Error(`the guest would lose ${lost} of its processor: shut it down and start it anew`)
      // The source counts as gone over only when the target has said that it runs: if that fails, the source goes on.
      await attachment.execute('migrate-set-capabilities', { capabilities: [{ capability: 'return-path', state: true }] })
      await attachment.execute('migrate-set-parameters', { 'max-bandwidth': bytesPerSecond })
      await attachment.execute('migrate', { uri: target.uri })
    } catch (error) {
      this.#door.log(`machine ${id} could not be moved`, error)
      const record = await this.#door.recordOf(id)
      const why = `QEMU ${journal.toVersion} did not take it: ${error instanceof Error ? error.message : String(error)}`
      if (record === undefined || (await this.#resolve(record, why))) return
    }
    this.#follow(plan)
  }

  /** If both processes have decided: puts that on record, and lets one of them go. In the machine's turn. */
  async conclude({ plan, exit, migration }: MachineRecord): Promise<void> {
    if (exit !== undefined || migration === undefined || migration.outcome !== undefined) return
    const record = await this.#door.recordOf(plan.id)
    if (record !== undefined && !(await this.#resolve(record))) this.#follow(plan)
  }

  /** False when it goes on by itself. */
  async #resolve(record: MachineRecord, why?: string): Promise<boolean> {
    const { plan, migration } = record
    if (migration === undefined || migration.outcome !== undefined) return true
    for (;;) {
      const givenUp = this.#givenUp(plan.id)
      const both = await lookAtBoth(this.#door.folderOf(plan.id), migration, this.#door.attachmentOf(plan.id))
      try {
        switch (decide({ source: both.source.side, target: both.target.side, givenUp })) {
          case 'wait':
            return false
          case 'cancel':
            await both.source.party?.execute('migrate_cancel')
            await pause(lookEveryMs)
            continue
          case 'stay':
            await this.#stay(record, migration, both, why)
            return true
          case 'takeOver':
            await this.#takeOver(record, migration, both)
            return true
          case 'abandon':
            await this.#abandon(record, migration, both)
            return true
        }
      } finally {
        both.close()
      }
    }
  }

  #givenUp(id: string): Sides['givenUp'] {
    const { givenUp } = this.#followers.get(id) ?? {}
    if (givenUp === undefined) return 'no'
    return performance.now() - givenUp.atMs < hungMs ? 'just' : 'longAgo'
  }

  async #stay(record: MachineRecord, migration: MigrationRecord, both: TwoProcesses, why: string | undefined): Promise<void> {
    const { id } = record.plan
    const { reason, message } = await this.#failureOf(record, migration, both, why)
    if (both.target.process !== undefined) await endProcess(both.target.process)
    if (both.source.party !== undefined) this.#complain(id, await takeForwards(record, both.source.party.execute))
    await this.#end(id, migration, { kind: 'failed', at: this.#door.now().toISOString(), reason, message })
  }

  async #failureOf(
    { plan }: MachineRecord,
    migration: MigrationRecord,
    both: TwoProcesses,
    why: string | undefined,
  ): Promise<{ reason: MigrationFailure; message: string }> {
    const reason = this.#followers.get(plan.id)?.givenUp?.why
    if (reason === 'Cancelled') return { reason, message: 'it was cancelled' }
    if (reason === 'TimedOut')
      return {
        reason,
        message: `it was not through after ${limitMs(plan) / 1000} s: the guest changes its memory faster than it can be copied`,
      }
    const said = [both.source.party?.info['error-desc'], await targetLastWords(this.#door.folderOf(plan.id), migration.source)]
    const words = said.filter((each) => each !== undefined && each !== '').join('; ')
    return { reason: 'QemuFailed', message: why ?? `QEMU gave up: ${words || 'it did not say why'}` }
  }

  async #takeOver(record: MachineRecord, migration: MigrationRecord, both: TwoProcesses): Promise<void> {
    const { plan } = record
    const folder = this.#door.folderOf(plan.id)
    const { source, target } = both
    if (target.party === undefined) throw new Error(`the process that machine ${plan.id} was moved to does not answer`)
    const { execute, qemuVersion, process } = target.party
    // First, because nobody can connect to the guest in between.
    if (source.party !== undefined) await releaseForwards(record, source.party.execute)
    this.#complain(plan.id, await takeForwards(record, execute))
    for (const each of plan.interfaces)
      if (each.link === 'down') await execute('set_link', { name: interfaceId(each), up: false })
    const guest = await guestOf(record, migration)
    await writeRecord(folder, 'started', { ...process, bootId: await hostBootId(), qemuVersion, guest })
    const { party } = source
    if (source.process !== undefined) await endProcess(source.process, party && (() => party.execute('quit')))
    this.#door.detach(plan.id)
    both.close()
    await moveUp(folder, migration)
    await this.#door.attach(plan.id, record, process)
    await this.#end(plan.id, migration, {
      kind: 'succeeded',
      at: this.#door.now().toISOString(),
      ...(party && measured(party.info)),
    })
  }

  /** What is left of either cannot run any more; that the machine has ended is seen by whoever looks next. */
  async #abandon({ plan }: MachineRecord, migration: MigrationRecord, { source, target }: TwoProcesses): Promise<void> {
    for (const { process } of [target, source]) if (process !== undefined) await endProcess(process)
    const at = this.#door.now().toISOString()
    const message = 'the machine ended while it was moved'
    await this.#end(plan.id, migration, { kind: 'failed', at, reason: 'MachineEnded', message })
  }

  async #end(id: string, migration: MigrationRecord, outcome: MigrationOutcome): Promise<void> {
    const folder = this.#door.folderOf(id)
    await rm(join(folder, incomingFolder(migration.source.pid)), { recursive: true, force: true })
    await writeRecord(folder, 'migration', { ...migration, outcome })
    // In the machine's turn: whoever moves it next is not taken for the one before.
    this.#followers.delete(id)
  }

  #complain(id: string, complaints: readonly string[]): void {
    for (const complaint of complaints) this.#door.log(`machine ${id} has lost a port of the host: ${complaint}`)
  }

  /** Looks after a move until it is over; one follower for each machine. */
  #follow(plan: LaunchPlan): void {
    const { id } = plan
    if (this.#isReleased || this.#followers.has(id)) return
    const follower: Follower = { givenUp: undefined, progress: undefined, over: Promise.resolve() }
    this.#followers.set(id, follower)
    follower.over = this.#untilOver(id, follower, limitMs(plan)).finally(() => {
      if (this.#followers.get(id) === follower) this.#followers.delete(id)
      this.#door.tell(id)
    })
  }

  async #untilOver(id: string, follower: Follower, withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs
    for (let pauseMs = lookEveryMs; ; ) {
      await pause(pauseMs)
      if (this.#isReleased) return
      if (performance.now() > deadline) giveUp(follower, 'TimedOut')
      if (follower.givenUp === undefined && (await this.#isInMotion(id, follower))) continue
      try {
        if (await this.#door.inTurn(id, () => this.#resolveIfThere(id))) return
        pauseMs = lookEveryMs
      } catch (error) {
        this.#door.log(`how the move of machine ${id} stands could not be seen; it is looked at again`, error)
        pauseMs = retryMs
      }
    }
  }

  async #resolveIfThere(id: string): Promise<boolean> {
    const record = await this.#door.recordOf(id)
    return record === undefined || record.exit !== undefined || this.#isReleased || this.#resolve(record)
  }

  async #isInMotion(id: string, follower: Follower): Promise<boolean> {
    const info = await this.#door
      .attachmentOf(id)
      ?.execute('query-migrate')
      .catch(() => undefined)
    if (info?.ram !== undefined)
      follower.progress = { transferredBytes: info.ram.transferred, remainingBytes: info.ram.remaining }
    return info !== undefined && transferOf(info.status) === 'inMotion'
  }

  progressOf(id: string): MigrationProgress | undefined {
    return this.#followers.get(id)?.progress
  }

  isMoving(id: string): boolean {
    return this.#followers.has(id)
  }

  /** In the machine's turn, once it is not being moved: what lets a guest run must not reach a process that the guest has left. */
  async inOneProcess(id: string, act: () => Promise<void>): Promise<void> {
    const tryToAct = async (): Promise<'acted' | 'moves'> => {
      if (this.#followers.has(id)) return 'moves'
      await act()
      return 'acted'
    }
    while ((await this.#door.inTurn(id, tryToAct)) === 'moves') await this.#followers.get(id)?.over
  }

  /** Resolves when the machine is in one process again; or, when QEMU does not answer, after some seconds. */
  async cancel(id: string): Promise<void> {
    const follower = this.#followers.get(id)
    if (follower === undefined) return
    giveUp(follower, 'Cancelled')
    await Promise.race([follower.over, pause(cancelDeadlineMs)])
  }

  /** Lets go of every move without touching it. */
  release(): void {
    this.#isReleased = true
  }
}

function giveUp(follower: Follower, why: 'Cancelled' | 'TimedOut'): void {
  follower.givenUp ??= { why, atMs: performance.now() }
}

const limitMs = ({ memoryBytes }: LaunchPlan): number => mostMsPerGiB * Math.max(1, Math.ceil(memoryBytes / 1024 ** 3))

/** `pc-q35-7.2-machine` is what QEMU calls the type `pc-q35-7.2`. */
async function machineTypeOf(attachment: Attachment): Promise<string> {
  const type = await attachment.execute('qom-get', { path: '/machine', property: 'type' })
  return String(type).replace(/-machine$/, '')
}

async function abilitiesOf(execute: QmpClient['execute']): Promise<Abilities> {
  const { model } = await execute('query-cpu-model-expansion', { type: 'full', model: { name: 'max' } })
  return new Map(Object.entries(model.props).filter((entry): entry is [string, boolean] => typeof entry[1] === 'boolean'))
}

/** The guests of machines that are moved every day for a fortnight are known by every process of theirs. */
const mostEarlierPids = 16

/** It was started when its first process was. Whoever died after writing this finds it written. */
async function guestOf({ started }: MachineRecord, { source }: MigrationRecord): Promise<NonNullable<StartRecord['guest']>> {
  const { startedAt, earlierPids } = started?.guest ?? { startedAt: (await startTime(source)).toISOString(), earlierPids: [] }
  if (earlierPids.at(-1) === source.pid) return { startedAt, earlierPids }
  return { startedAt, earlierPids: [...earlierPids, source.pid].slice(-mostEarlierPids) }
}

/** The files of the new process take the place of those of the old one, which has taken its own away. A process goes by its open files. */
async function moveUp(folder: string, { source }: MigrationRecord): Promise<void> {
  const own = join(folder, incomingFolder(source.pid))
  const names = await readdir(own).catch(() => [])
  for (const name of names) if (name !== fileNames.migrationSocket) await rename(join(own, name), join(folder, name))
  await syncPath(folder)
}

function measured({ downtime, 'total-time': totalMs, ram }: MigrationInfo) {
  return {
    ...(downtime === undefined ? {} : { pausedMs: downtime }),
    ...(totalMs === undefined ? {} : { totalMs }),
    ...(ram === undefined ? {} : { transferredBytes: ram.transferred }),
  }
}
