// The hypervisor that runs real machines. It remembers nothing: state is read from the state folder, from /proc and from
// QEMU itself. The connections it holds are for speed and for news; a successor makes its own.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Attachment, attach } from './attachment.ts'
import type { Capabilities } from './capabilities.ts'
import { ByTurns } from './by-turns.ts'
import { type EndingRecord, endedAtMs, hostShutdown } from './ending.ts'
import { GuestAccess } from './guest-access.ts'
import { removeStrayForwards } from './guest-ports.ts'
import { assertRoom, type Debtor, roomForMachine } from './host-memory.ts'
import { type ExitCause, type Hypervisor, LaunchRefused, type Machine, NotRunning, nameTaken } from './hypervisor.ts'
import { discardKept, keptFolderOf, releaseKept } from './kept-state.ts'
import { InstalledEmulator } from './installed-emulator.ts'
import type { LaunchPlan } from './launch-plan.ts'
import { lookAtHost } from './look-at-host.ts'
import { GuestMover } from './migration/guest-mover.ts'
import { newsOf } from './news-of.ts'
import { describeMachine, endingOf, observeMachine, processOf } from './observe-machine.ts'
import { asRefusal, assertLaunchable, type Programs, prepareFiles } from './prepare-launch.ts'
import { endProcess } from './process.ts'
import { type ProcessIdentity, scanByPidFile } from './process-identity.ts'
import { QmpClosed } from './qmp/client.ts'
import { attachToOther, startQemu } from './start-qemu.ts'
import { fileNames } from './state-files.ts'
import {
  createStateFolder,
  type DataFolder,
  deleteStateFolder,
  keepLogsBounded,
  type MachineRecord,
  machineIds,
  openDataFolder,
  readEvents,
  readLastWords,
  readRecord,
  stateFolderOf,
  writeRecord,
} from './state-folder.ts'
import { endTpm } from './tpm-emulator.ts'
import { assertValidPlan, isMachineId } from './validate-plan.ts'
import type { Verdict } from './verdict.ts'

export interface QemuHypervisorOptions {
  /** The data folder. One hypervisor at a time should look after it; two would not harm a machine. */
  root: string
  /** Chosen by a probe at the first launch when not given. Is asked again by the next launch if it could not tell. */
  accelerator?: 'kvm' | 'tcg' | (() => Promise<'kvm' | 'tcg'>)
  now?: () => Date
  /** Is told what went wrong in work that nobody waits for. */
  log?: (message: string, error?: unknown) => void
  programs?: Partial<Programs>
}

/** Adopts every machine that runs, finishes every end that was begun, and then answers. */
export async function openQemuHypervisor(options: QemuHypervisorOptions): Promise<Hypervisor> {
  const hypervisor = new QemuHypervisor(await openDataFolder(options.root), options)
  await hypervisor.adoptAll()
  return hypervisor
}

/** A QEMU that answers does so within a millisecond; one that does not must not hold up the others for long. */
const adoptDeadlineMs = 2_000
/** How long until a machine that did not answer is tried again. */
const retryAdoptMs = 1_000
/** A guest that is still booting does not hear the power button. */
const pressAgainMs = 5_000

class QemuHypervisor implements Hypervisor {
  readonly #data: DataFolder
  readonly #options: QemuHypervisorOptions
  readonly #programs: Programs
  readonly #now: () => Date
  readonly #turns = new ByTurns()
  readonly #attachments = new Map<string, Attachment>()
  readonly #access = new GuestAccess({
    withRunning: (...sought) => this.#withRunning(...sought),
    whileRunning: (id, act) => this.#whileRunning(id, act),
    folderOf: (id) => this.#folder(id),
    log: (message, error) => this.#log(message, error),
  })
  readonly #installed: InstalledEmulator
  readonly #mover: GuestMover
  readonly #listeners = new Set<(id: string) => void>()
  /** By id, of machines that have not ended as far as is known, also of those that do not answer. */
  readonly #plans = new Map<string, LaunchPlan>()
  readonly #logs: { close(): void }
  #isReleased = false

  constructor(data: DataFolder, options: QemuHypervisorOptions) {
    this.#data = data
    this.#options = options
    this.#programs = { qemu: 'qemu-system-x86_64', qemuImg: 'qemu-img', swtpm: 'swtpm', ...options.programs }
    this.#installed = new InstalledEmulator({ ...options, qemu: this.#programs.qemu })
    this.#now = options.now ?? (() => new Date())
    this.#mover = new GuestMover({
      inTurn: (id, work) => this.#turns.run(id, work),
      recordOf: (id) => this.#record(id),
      attachmentOf: (id) => this.#attachments.get(id),
      attach: async (id, ...process) => {
        this.#access.hasMoved(id)
        await this.#attach(id, ...process)
      },
      detach: (id) => this.#detach(id),
      folderOf: (id) => this.#folder(id),
      emulator: () => this.#installed.capabilities(),
      hugepages: async () => (await lookAtHost(this.#programs.swtpm)).hugepages,
      assertRoom: (plan) => assertRoom(plan, this.#debtors()),
      qemu: this.#programs.qemu,
      now: this.#now,
      log: (message, error) => this.#log(message, error),
      tell: (id) => this.#tell(id),
    })
    this.#logs = keepLogsBounded(
      () => [...this.#attachments.keys()].map((id) => this.#folder(id)),
      (message, error) => this.#log(message, error),
    )
  }

  async adoptAll(): Promise<void> {
    const processes = await scanByPidFile(this.#data.machines)
    const ids = await machineIds(this.#data)
    await Promise.all(
      ids.map((id) =>
        this.#turns
          .run(id, () => this.#adopt(id, processes))
          .catch((error: unknown) => this.#log(`machine ${id} could not be adopted`, error)),
      ),
    )
  }

  async #adopt(id: string, processes: ReadonlyMap<string, ProcessIdentity>): Promise<void> {
    const folder = this.#folder(id)
    const found = await readRecord(folder)
    if (found === undefined) return rm(folder, { recursive: true, force: true })
    if (found.ending?.kind === 'remove') return this.#remove(id)
    if (found.exit === undefined) this.#plans.set(id, found.plan)
    // Of two processes only one is the machine, and from here on there is only that one, or both are followed.
    await this.#mover.conclude(found)
    const record = (await readRecord(folder)) ?? found
    const process = (await processOf(record)) ?? processes.get(join(folder, fileNames.pid))
    if (process !== undefined && record.exit === undefined && !this.#attachments.has(id)) await this.#attach(id, record, process)
    const attachment = this.#attachments.get(id)
    if (attachment !== undefined)
      await removeStrayForwards(attachment, record).catch((error: unknown) =>
        this.#log(`forwards that were added to machine ${id} could not be removed`, error),
      )
    if (record.ending?.kind === 'kill' && record.exit === undefined) return this.#kill(id)
    await this.#settle(id)
    // Its exit is on record and its process was left behind: there is nothing more to be asked.
    if (record.exit !== undefined) for (const [path, left] of processes) if (path.startsWith(`${folder}/`)) await endProcess(left)
  }

  async capabilities(): Promise<Capabilities> {
    const emulator = await this.#installed
      .capabilities()
      .catch((error: unknown) => this.#log('QEMU could not be asked what it can do', error))
    return {
      ...(await lookAtHost(this.#programs.swtpm)),
      emulator: emulator ?? undefined,
      memoryBytes: roomForMachine(this.#debtors()),
    }
  }

  /** One machine that cannot be looked at hides none of the others. */
  async list(): Promise<Machine[]> {
    const ids = await machineIds(this.#data)
    const found = await Promise.all(
      ids.map((id) => this.find(id).catch((error: unknown) => this.#log(`machine ${id} could not be looked at`, error))),
    )
    return found.filter((machine) => machine !== undefined)
  }

  async find(id: string): Promise<Machine | undefined> {
    const record = await this.#record(id)
    if (record === undefined) return undefined
    if (record.exit === undefined && (await this.#observe(id, record)).kind === 'ended')
      return this.#turns.run(id, () => this.#settle(id).then(() => this.#describe(id)))
    return this.#describe(id, record)
  }

  async launch(plan: LaunchPlan): Promise<Machine> {
    assertValidPlan(plan)
    return this.#turns.run(plan.id, async () => {
      await this.#settle(plan.id)
      const existing = await this.#describe(plan.id)
      if (existing !== undefined && existing.state.kind !== 'prepared') return existing
      if (existing === undefined || !(await this.#goOnWith(existing.plan))) await this.#start(existing?.plan ?? plan)
      this.#tell(plan.id)
      const machine = await this.#describe(plan.id)
      if (machine === undefined) throw new Error(`the state folder of ${plan.id} was deleted while it was launched`)
      return machine
    })
  }

  /** A launch that was cut short may have left a process behind. */
  async #goOnWith(plan: LaunchPlan): Promise<boolean> {
    const attachment = await attachToOther(this.#about(plan))
    if (attachment === undefined) return false
    this.#attachments.set(plan.id, attachment)
    return true
  }

  async #start(plan: LaunchPlan): Promise<void> {
    const folder = this.#folder(plan.id)
    try {
      await assertLaunchable(plan, this.#programs)
      await this.#assertNameIsFree(plan)
      assertRoom(plan, this.#debtors(plan.id))
      // In the same breath: whoever is launched beside it counts it.
      this.#plans.set(plan.id, plan)
      await createStateFolder(this.#data, plan)
      const kept = plan.keepsUnder === undefined ? undefined : this.#keptFolder(plan.keepsUnder)
      const firmware = await prepareFiles(plan, { folder, kept }, this.#programs)
      const accelerator = await this.#installed.accelerator()
      const outcome = await startQemu({ ...this.#about(plan), ...this.#programs, accelerator, firmware })
      if (outcome.kind === 'answers') this.#attachments.set(plan.id, outcome.attachment)
      else await this.#recordExit(plan.id, 'failed-to-start', outcome.lastWords)
    } catch (error) {
      const refusal = asRefusal(error, plan.id)
      if (plan.tpm !== undefined) await endTpm(folder)
      if (refusal instanceof LaunchRefused) {
        this.#plans.delete(plan.id)
        await rm(folder, { recursive: true, force: true })
      }
      throw refusal
    }
  }

  async #assertNameIsFree(plan: LaunchPlan): Promise<void> {
    for (const [id, { name }] of this.#plans)
      if (name === plan.name && id !== plan.id && (await this.#describe(id))?.state.kind === 'running') throw nameTaken(plan, id)
  }

  #debtors(except?: string): Debtor[] {
    const others = [...this.#plans].filter(([id]) => id !== except)
    return others.map(([id, plan]) => ({ plan, pid: this.#attachments.get(id)?.process.pid }))
  }

  #about(plan: LaunchPlan) {
    return { plan, folder: this.#folder(plan.id), now: this.#now, onNews: () => this.#hearOf(plan.id) }
  }

  async migrate(id: string, name: string): Promise<void> {
    await this.#turns.run(id, async () => {
      const attachment = await this.#reach(id)
      const record = await this.#record(id)
      if (attachment === undefined || record === undefined) throw new NotRunning(id, 'there is nothing to be moved')
      await this.#mover.begin(name, record, attachment)
    })
    this.#tell(id)
  }

  readonly cancelMigration: Hypervisor['cancelMigration'] = (id) => this.#mover.cancel(id)

  pressPowerButton(id: string): Promise<void> {
    return this.#whileRunning(id, (attachment) => attachment.execute('system_powerdown'))
  }

  reset(id: string): Promise<void> {
    return this.#inOneProcess(id, (attachment) => attachment.reset())
  }

  pause(id: string): Promise<void> {
    return this.#inOneProcess(id, (attachment) => attachment.execute('stop').then(() => attachment.refresh()))
  }

  resume(id: string): Promise<void> {
    return this.#inOneProcess(id, (attachment) => attachment.execute('cont').then(() => attachment.refresh()))
  }

  /** Does nothing when the machine does not run, also when it ends at this very moment. */
  #whileRunning(id: string, act: (attachment: Attachment) => Promise<unknown>): Promise<void> {
    return this.#turns.run(id, () => this.#actOn(id, act))
  }

  #inOneProcess(id: string, act: (attachment: Attachment) => Promise<unknown>): Promise<void> {
    return this.#mover.inOneProcess(id, () => this.#actOn(id, act))
  }

  async #actOn(id: string, act: (attachment: Attachment) => Promise<unknown>): Promise<void> {
    const attachment = await this.#reach(id)
    if (attachment === undefined) return
    await act(attachment).catch((error: unknown) => {
      if (!(error instanceof QmpClosed)) throw error
    })
  }

  readonly openSerial: Hypervisor['openSerial'] = (id) => this.#access.openSerial(id)
  readonly openDisplay: Hypervisor['openDisplay'] = (...asked) => this.#access.openDisplay(...asked)
  readonly screenshot: Hypervisor['screenshot'] = (...asked) => this.#access.screenshot(...asked)
  readonly openPort: Hypervisor['openPort'] = (...asked) => this.#access.openPort(...asked)
  readonly reachPort: Hypervisor['reachPort'] = (...asked) => this.#access.reachPort(...asked)
  readonly askAgent: Hypervisor['askAgent'] = (...asked) => this.#access.askAgent(...asked)

  /** Throws NotRunning. */
  #withRunning<T>(
    id: string,
    consequence: string,
    act: (attachment: Attachment, record: MachineRecord) => Promise<T>,
  ): Promise<T> {
    return this.#turns.run(id, async () => {
      const attachment = await this.#reach(id)
      const record = await this.#record(id)
      if (attachment === undefined || record === undefined) throw new NotRunning(id, consequence)
      return act(attachment, record)
    })
  }

  async kill(id: string): Promise<void> {
    await this.#mover.cancel(id)
    await this.#turns.run(id, () => this.#kill(id))
  }

  async #kill(id: string): Promise<void> {
    await this.#settle(id)
    const record = await this.#record(id)
    if (record === undefined || record.exit !== undefined) return
    // An end that began with the host's stays one of the host's.
    const announced = await endingOf(record, this.#nowMs())
    if (announced?.kind !== 'host-shutdown') await this.#announceEnd(id, { kind: 'kill', at: this.#now().toISOString() })
    await this.#endProcessOf(id, record)
    await this.#recordExit(id, 'killed')
  }

  async shutDownWithHost(id: string, graceMs: number): Promise<void> {
    const isRunning = async (): Promise<boolean> => (await this.find(id))?.state.kind === 'running'
    if (!(await isRunning())) return
    await this.#mover.cancel(id)
    await this.#turns.run(id, () => this.#announceEnd(id, hostShutdown(this.#nowMs(), graceMs)))
    const deadline = performance.now() + graceMs
    while (await isRunning()) {
      if (performance.now() >= deadline) return this.kill(id)
      await this.pressPowerButton(id)
      await newsOf(this, id, Math.min(pressAgainMs, deadline - performance.now()))
    }
  }

  async #announceEnd(id: string, ending: EndingRecord): Promise<void> {
    await writeRecord(this.#folder(id), 'ending', ending)
  }

  readonly #nowMs = (): number => this.#now().getTime()

  async remove(id: string): Promise<void> {
    await this.#mover.cancel(id)
    await this.#turns.run(id, () => this.#remove(id))
  }

  async #remove(id: string): Promise<void> {
    const record = await this.#record(id)
    if (record === undefined) return
    await this.#announceEnd(id, { kind: 'remove', at: this.#now().toISOString() })
    await this.#endProcessOf(id, record)
    await deleteStateFolder(this.#data, id, String(this.#now().getTime()))
    this.#plans.delete(id)
    const { keepsUnder } = record.plan
    if (keepsUnder !== undefined) await releaseKept(this.#keptFolder(keepsUnder), await this.#isKeptUsed(keepsUnder))
    this.#tell(id)
  }

  async discardKept(name: string): Promise<void> {
    if (isMachineId(name)) await discardKept(this.#keptFolder(name), await this.#isKeptUsed(name))
  }

  async #isKeptUsed(name: string): Promise<boolean> {
    return (await this.list()).some((machine) => machine.plan.keepsUnder === name)
  }

  readonly #keptFolder = (name: string): string => keptFolderOf(this.#options.root, name)

  /** Without a start on record there may still be a process, of a launch that was cut short. */
  async #endProcessOf(id: string, record: MachineRecord): Promise<void> {
    const attachment = this.#attachments.get(id)
    const process =
      attachment?.process ??
      (await processOf(record)) ??
      (await scanByPidFile(this.#folder(id))).get(join(this.#folder(id), fileNames.pid))
    if (process !== undefined) await endProcess(process, attachment && (() => attachment.execute('quit')))
    // Of a move that nobody lived to conclude, or whose processes do not answer.
    if (record.migration !== undefined && record.migration.outcome === undefined)
      for (const left of (await scanByPidFile(this.#folder(id))).values()) await endProcess(left)
    if (record.plan.tpm !== undefined) await endTpm(this.#folder(id))
    this.#detach(id)
  }

  onChange(listener: (id: string) => void): { close(): void } {
    this.#listeners.add(listener)
    return { close: () => void this.#listeners.delete(listener) }
  }

  async release(): Promise<void> {
    this.#isReleased = true
    this.#listeners.clear()
    this.#logs.close()
    this.#access.close()
    this.#mover.release()
    for (const id of this.#attachments.keys()) this.#detach(id)
    // Whoever comes after us could not reach a machine to which work under way still holds a connection.
    await this.#turns.idle()
    for (const id of this.#attachments.keys()) this.#detach(id)
  }

  /** If the machine has ended: puts that on record, then lets its process go. Needs its turn. */
  async #settle(id: string): Promise<void> {
    const found = await this.#record(id)
    if (found === undefined || found.exit !== undefined) return
    await this.#mover.conclude(found)
    const record = (await this.#record(id)) ?? found
    const verdict = await this.#observe(id, record)
    if (verdict.kind !== 'ended' || this.#mover.isMoving(id)) return
    await this.#recordExit(id, verdict.cause)
  }

  async #recordExit(id: string, cause: ExitCause, lastWords?: string): Promise<void> {
    const folder = this.#folder(id)
    const before = await readRecord(folder)
    const ending = before && (await endingOf(before, endedAtMs(await readEvents(folder), this.#nowMs())))
    const exit = {
      cause: ending?.kind === 'host-shutdown' ? ending.kind : cause,
      at: this.#now().toISOString(),
      lastWords: lastWords ?? (await readLastWords(folder)),
    }
    await writeRecord(folder, 'exit', exit)
    this.#plans.delete(id)
    const record = await readRecord(folder)
    if (record !== undefined) await this.#endProcessOf(id, record)
    this.#tell(id)
  }

  async #observe(id: string, record: MachineRecord): Promise<Verdict> {
    return (await observeMachine(this.#folder(id), record, this.#attachments.get(id), this.#nowMs())).verdict
  }

  async #describe(id: string, known?: MachineRecord): Promise<Machine | undefined> {
    const record = known ?? (await this.#record(id))
    const machine = record && (await describeMachine(this.#folder(id), record, this.#attachments.get(id), this.#nowMs()))
    const progress = this.#mover.progressOf(id)
    if (machine?.migration === undefined || machine.migration.outcome !== undefined || progress === undefined) return machine
    return { ...machine, migration: { ...machine.migration, progress } }
  }

  async #record(id: string): Promise<MachineRecord | undefined> {
    return isMachineId(id) ? readRecord(this.#folder(id)) : undefined
  }

  /** The connection to a running machine, made anew if it was lost. Undefined when the machine does not run. */
  async #reach(id: string): Promise<Attachment | undefined> {
    await this.#settle(id)
    const record = await this.#record(id)
    if (record === undefined || record.exit !== undefined) return undefined
    const process = await processOf(record)
    if (!this.#attachments.has(id) && process !== undefined) await this.#attach(id, record, process)
    return this.#attachments.get(id)
  }

  async #attach(id: string, record: MachineRecord, process: ProcessIdentity): Promise<void> {
    if (this.#isReleased) return
    try {
      const attachment = await attach({ ...this.#about(record.plan), process, deadlineMs: adoptDeadlineMs })
      if (attachment !== undefined) this.#attachments.set(id, attachment)
    } catch (error) {
      this.#log(`machine ${id} runs and does not answer; it is tried again in ${retryAdoptMs} ms`, error)
      setTimeout(() => this.#hearOf(id), retryAdoptMs).unref()
    }
  }

  #detach(id: string): void {
    this.#attachments.get(id)?.close()
    this.#attachments.delete(id)
  }

  /** Something happened to a machine: look at it in its turn, then say so. */
  #hearOf(id: string): void {
    if (this.#isReleased) return
    const look = async (): Promise<void> => {
      const attachment = this.#attachments.get(id)
      // A conversation that has ended while the process lives on is taken up again.
      await attachment?.refresh().catch(() => this.#detach(id))
      await this.#reach(id)
    }
    this.#turns
      .run(id, look)
      .catch((error: unknown) => this.#log(`machine ${id} could not be looked at`, error))
      .finally(() => this.#tell(id))
  }

  #tell(id: string): void {
    for (const listener of this.#listeners) listener(id)
  }

  readonly #folder = (id: string): string => stateFolderOf(this.#data, id)

  #log(message: string, error?: unknown): void {
    this.#options.log?.(message, error)
  }
}
