// A running QEMU that we are connected to. Whatever is known here can be asked again: nothing is lost with it.

import { join } from 'node:path'
import { nodeName } from './argv/disks.ts'
import { interfaceId } from './argv/network.ts'
import type { FailedDisk } from './hypervisor.ts'
import type { LaunchPlan } from './launch-plan.ts'
import { hostBootId, isAlive, type ProcessIdentity } from './process-identity.ts'
import type { QmpClient } from './qmp/client.ts'
import { connectMonitor } from './qmp/connect-monitor.ts'
import { parseRunState, type QmpEvent, type RunState } from './qmp/protocol.ts'
import { openTranscript, type Transcript } from './qmp/transcript.ts'
import { fileNames } from './state-files.ts'
import { readRecord, writeRecord } from './state-folder.ts'

export interface Attachment {
  readonly process: ProcessIdentity
  /** As `7.2.0`. */
  readonly qemuVersion: string
  /** QEMU's latest answer. Whoever gets news asks anew. */
  readonly runState: RunState
  /** Whether the agent in the guest has opened its end of the channel, by the latest answer. */
  readonly agentConnected: boolean
  /** Disks that have paused the machine, by the latest answer. */
  readonly failedDisks: readonly FailedDisk[]
  execute: QmpClient['execute']
  /** Asks QEMU anew. */
  refresh(): Promise<void>
  /** Resets the guest, which is no reboot of its own: it does not end a machine whose plan ends it at a reboot. */
  reset(): Promise<void>
  close(): void
}

export interface AttachOptions {
  folder: string
  plan: LaunchPlan
  process: ProcessIdentity
  now: () => Date
  /** How long to try. */
  deadlineMs: number
  /** The machine's state may have changed, or the conversation has ended: `refresh` tells. Not called after `close`. */
  onNews: () => void
}

/**
 * Resolves when QEMU answers and the guest runs as its plan says; undefined when the process has ended.
 * Throws when it neither answers nor ends before the deadline.
 */
export async function attach(options: AttachOptions): Promise<Attachment | undefined> {
  const transcript = openTranscript(join(options.folder, fileNames.transcript), options.now)
  try {
    const client = await connectMonitor({ ...options, record: transcript.record })
    if (client === undefined) {
      transcript.close()
      return undefined
    }
    const connection = new Connection(client, options, transcript)
    await connection.letRun()
    return connection
  } catch (error) {
    transcript.close()
    if (!(await isAlive(options.process))) return undefined
    throw error
  }
}

/** Events after which QEMU's run state, or who is on the agent's channel, may be another. */
const telling = new Set([
  'STOP',
  'RESUME',
  'SHUTDOWN',
  'GUEST_PANICKED',
  'BLOCK_IO_ERROR',
  'SUSPEND',
  'WAKEUP',
  'WATCHDOG',
  'VSERPORT_CHANGE',
])

/** SeaBIOS reboots 30 ms after a reset under emulation; no guest comes as far as a reboot of its own in this time. */
const firmwareRebootMs = 3_000

class Connection implements Attachment {
  readonly process: ProcessIdentity
  readonly qemuVersion: string
  readonly execute: QmpClient['execute']
  runState: RunState = 'other'
  agentConnected = false
  failedDisks: readonly FailedDisk[] = []
  readonly #client: QmpClient
  readonly #options: AttachOptions
  readonly #transcript: Transcript
  #isClosed = false

  constructor(client: QmpClient, options: AttachOptions, transcript: Transcript) {
    this.process = options.process
    this.qemuVersion = client.greeting.qemuVersion
    this.execute = (command, ...taken) => client.execute(command, ...taken)
    this.#client = client
    this.#options = options
    this.#transcript = transcript
    client.onEvent((event) => this.#hear(event))
    void client.closed.then(() => this.#tell()).finally(() => transcript.close())
  }

  /** QEMU starts every machine stopped. It may go when its start is on record: then its end can be told from none at all. */
  async letRun(): Promise<void> {
    const { folder, plan, process } = this.#options
    const { qemuVersion } = this
    await this.refresh()
    const started = (await readRecord(folder))?.started
    const isOnRecord = started?.pid === process.pid && started.startTicks === process.startTicks
    if (!isOnRecord || started.qemuVersion !== qemuVersion)
      await writeRecord(folder, 'started', { ...(isOnRecord && started), ...process, bootId: await hostBootId(), qemuVersion })
    // Whoever was here before us may have died in the middle of a reset.
    if (plan.onReboot === 'terminate') await this.execute('set-action', { reboot: 'shutdown' })
    if (this.runState !== 'prelaunch') return
    for (const each of plan.interfaces)
      if (each.link === 'down') await this.execute('set_link', { name: interfaceId(each), up: false })
    if (plan.startPaused) return
    await this.execute('cont')
    await this.refresh()
  }

  async reset(): Promise<void> {
    if (this.#options.plan.onReboot === 'terminate') {
      await this.execute('set-action', { reboot: 'reset' })
      this.#endAtRebootAgain()
    }
    await this.execute('system_reset')
  }

  /** SeaBIOS answers a reset with a reboot of its own, to get back its memory as it was: that one is to be let through. */
  #endAtRebootAgain(): void {
    const restore = (): void => {
      clearTimeout(timer)
      listener.close()
      this.execute('set-action', { reboot: 'shutdown' }).catch(() => {}) // Whoever attaches next does it first of all.
    }
    const restoreOnceItHasRun = (): void => {
      if (this.runState === 'running') restore()
      else timer = setTimeout(restoreOnceItHasRun, firmwareRebootMs).unref()
    }
    let timer = setTimeout(restoreOnceItHasRun, firmwareRebootMs).unref()
    const listener = this.#client.onEvent((event) => {
      if (event.name === 'RESET' && event.data['guest'] === true) restore()
    })
    void this.#client.closed.then(() => clearTimeout(timer))
  }

  async refresh(): Promise<void> {
    const [{ status }, devices] = await Promise.all([this.execute('query-status'), this.execute('query-chardev')])
    const runState = parseRunState(status)
    // Of a guest that is between two processes that is said which was true when it left, until it has arrived.
    if (runState !== 'handing-over') this.runState = runState
    this.agentConnected = devices.some((device) => device.label === 'agent' && device['frontend-open'])
    this.failedDisks = this.runState === 'io-error' ? await this.#findFailedDisks() : []
  }

  async #findFailedDisks(): Promise<FailedDisk[]> {
    const devices = await this.execute('query-block')
    return this.#options.plan.disks.flatMap(({ name }, index) => {
      const status = devices.find((each) => each.inserted?.['node-name'] === nodeName(index))?.['io-status'] ?? 'ok'
      return status === 'ok' ? [] : [{ name, isFull: status === 'nospace' }]
    })
  }

  close(): void {
    this.#isClosed = true
    this.#client.close()
    this.#transcript.close()
  }

  #hear(event: QmpEvent): void {
    if (telling.has(event.name)) this.#tell()
  }

  #tell(): void {
    if (!this.#isClosed) this.#options.onNews()
  }
}
