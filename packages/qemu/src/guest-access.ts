// The ways into a running guest: its serial console, its display, its ports and its agent.

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { askAgent } from './agent/ask-agent.ts'
import type { AgentCommand, AgentCommands } from './agent/protocol.ts'
import type { Attachment } from './attachment.ts'
import { ByTurns } from './by-turns.ts'
import { takeScreenshot } from './display.ts'
import { awaitAcceptance, GuestPorts } from './guest-ports.ts'
import { AgentSilent, DisplayBusy, MachineLacks } from './hypervisor.ts'
import { connectSerial, connectTo } from './serial-console.ts'
import { Sessions } from './sessions.ts'
import { fileNames } from './state-files.ts'
import { type MachineRecord, openSocketPath } from './state-folder.ts'

/** How a machine is come by. */
export interface MachineDoor {
  /** In the machine's turn. Throws NotRunning, which says the consequence. */
  withRunning<T>(id: string, consequence: string, act: (attachment: Attachment, record: MachineRecord) => Promise<T>): Promise<T>
  /** In the machine's turn; nothing when it does not run. */
  whileRunning(id: string, act: (attachment: Attachment) => Promise<unknown>): Promise<void>
  folderOf(id: string): string
  log(message: string, error: unknown): void
}

/** What each of them promises stands in hypervisor.ts. */
export class GuestAccess {
  readonly #door: MachineDoor
  readonly #consoles = new Sessions()
  readonly #displays = new Sessions()
  readonly #guestPorts = new GuestPorts()
  /** Agents are slow, so a question to one does not take the machine's own turn. */
  readonly #questions = new ByTurns()

  constructor(door: MachineDoor) {
    this.#door = door
  }

  async openSerial(id: string): Promise<Duplex> {
    return this.#door.withRunning(id, 'it has no serial console', (attachment, { plan }) => {
      if (plan.serialConsole === 'none') throw new MachineLacks(id, 'serial console')
      return this.#consoles.replace(id, () => connectSerial(id, this.#door.folderOf(id), attachment))
    })
  }

  async openDisplay(id: string, { sparesOther = false } = {}): Promise<Duplex> {
    return this.#door.withRunning(id, 'it has no display', (_, { plan }) => {
      if (!plan.graphics) throw new MachineLacks(id, 'display')
      if (sparesOther && this.#displays.isOpen(id)) throw new DisplayBusy(id)
      return this.#displays.replace(id, () => connectTo(this.#door.folderOf(id), fileNames.vncSocket))
    })
  }

  async screenshot(id: string, { movesPointer = false } = {}): Promise<Uint8Array> {
    return this.#door.withRunning(id, 'it has no display', (attachment, { plan }) => {
      if (!plan.graphics) throw new MachineLacks(id, 'display')
      return takeScreenshot(this.#door.folderOf(id), attachment, movesPointer)
    })
  }

  async openPort(id: string, guestPort: number): Promise<Socket> {
    return this.#door.withRunning(id, 'nothing listens', (attachment, record) => {
      const removeIfUnused = (): void =>
        void this.#door
          .whileRunning(id, (each) => this.#guestPorts.removeUnused(each, record, guestPort))
          .catch((error: unknown) =>
            this.#door.log(`a forward to port ${guestPort} of machine ${id} could not be removed`, error),
          )
      return this.#guestPorts.connect(attachment, record, guestPort, removeIfUnused)
    })
  }

  async reachPort(id: string, guestPort: number, timeoutMs: number): Promise<'accepts' | 'refuses' | 'silent'> {
    const connection = await this.openPort(id, guestPort)
    const withAttachment = <T>(act: (attachment: Attachment) => Promise<T>): Promise<T> =>
      this.#door.withRunning(id, 'nothing listens', act)
    try {
      return await awaitAcceptance(connection, withAttachment, timeoutMs)
    } finally {
      connection.destroy()
    }
  }

  async askAgent<C extends AgentCommand>(
    id: string,
    command: C,
    taken?: AgentCommands[C]['takes'],
    { timeoutMs }: { timeoutMs?: number } = {},
  ): Promise<AgentCommands[C]['gives']> {
    const askedAt = performance.now()
    return this.#questions.run(id, async () => {
      const leftMs = timeoutMs === undefined ? undefined : timeoutMs - (performance.now() - askedAt)
      if (leftMs !== undefined && leftMs <= 0) throw new AgentSilent(command, `did not answer within ${timeoutMs} ms`)
      const isThere = await this.#door.withRunning(id, 'it has no agent', async ({ agentConnected }) => agentConnected)
      if (!isThere) throw new AgentSilent(command, 'is not connected')
      await using socket = await openSocketPath(this.#door.folderOf(id), fileNames.agentSocket)
      return askAgent(socket.path, command, taken, leftMs === undefined ? {} : { timeoutMs: Math.ceil(leftMs) })
    })
  }

  /** The machine runs in another process: sessions with the one before have ended with it. */
  hasMoved(id: string): void {
    this.#guestPorts.forget(id)
  }

  /** Ends the sessions. */
  close(): void {
    this.#consoles.close()
    this.#displays.close()
  }
}
