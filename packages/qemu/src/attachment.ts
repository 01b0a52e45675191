// A running QEMU that we are connected to. Whatever is known here can be asked again: nothing is lost with it.

import { join } from 'node:path'
import { nodeName } from './argv/disks.ts'
import { interfaceId } from './argv/network.ts'
import type { FailedDisk } from './hypervisor.ts'
import type { LaunchPlan } from './launch-plan.ts'
import { pause } from './process.ts'
import { hostBootId, isAlive, type ProcessIdentity } from './process-identity.ts'
import { connectQmp, type QmpClient, QmpClosed } from './qmp/client.ts'
import { parseRunState, type QmpEvent, type RunState } from './qmp/protocol.ts'
import { openTranscript, type Transcript } from './qmp/transcript.ts'
import { fileNames } from './state-files.ts'
import { openSocketPath, readRecord, writeRecord } from './state-folder.ts'

export interface Attachment {
  readonly process: ProcessIdentity
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

/** QEMU listens about 30 ms after its start. */
const connectPauseMs = 3

/**
 * Resolves when QEMU answers and the guest runs as its plan says; undefined when the process has ended.
 * Throws when it neither answers nor ends before the deadline.
 */
export async function attach(options: AttachOptions): Promise<Attachment | undefined> {
  const transcript = openTranscript(join(options.folder, fileNames.transcript), options.now)
  try {
    const client = await untilConnected(options, transcript)
    if (client === undefined) return undefined
    const connection = new Connection(client, options, transcript)
    await connection.letRun()
    return connection
  } catch (error) {
    transcript.close()
    if (!(await isAlive(options.process))) return undefined
    throw error
  }
}

async function untilConnected(options: AttachOptions, transcript: Transcript): Promise<QmpClient | undefined> {
  const deadline = performance.now() + options.deadlineMs
  for (;;) {
    try {
      await using socket = await openSocketPath(options.folder, fileNames.qmpSocket)
      return await connectQmp(socket.path, { timeoutMs: options.deadlineMs, record: transcript.record })
    } catch (error) {
      if (!(await isAlive(options.process))) return undefined
      // Nobody listens yet. Anything else is no reason to knock again: QEMU would let a second caller wait for the first.
      if (!(error instanceof QmpClosed)) throw error
      if (performance.now() > deadline)
        throw new Error(`QEMU (process ${options.process.pid}) of machine ${options.plan.id} does not answer on its monitor`, {
          cause: error,
        })
      await pause(connectPauseMs)
    }
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
    await this.refresh()
    const started = (await readRecord(folder))?.started
    if (started?.pid !== process.pid || started.startTicks !== process.startTicks)
      await writeRecord(folder, 'started', { ...process, bootId: await hostBootId() })
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
    this.runState = parseRunState(status)
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
