// One conversation with one QEMU over its monitor.

import { connect, type Socket } from 'node:net'
import { parseQmpLine, type QmpCommands, type QmpEvent, type QmpGreeting, type QmpMessage } from './protocol.ts'

/** QEMU answered that it cannot. `errorClass` is QEMU's, as `GenericError` or `DeviceNotFound`. */
export class QmpError extends Error {
  readonly errorClass: string
  constructor(command: string, errorClass: string, description: string) {
    super(`QEMU refused ${command}: ${description}`)
    this.name = 'QmpError'
    this.errorClass = errorClass
  }
}

/** QEMU did not answer in time. It may still carry the command out. */
export class QmpTimeout extends Error {
  constructor(what: string, timeoutMs: number) {
    super(`QEMU gave no answer to ${what} within ${timeoutMs} ms`)
    this.name = 'QmpTimeout'
  }
}

/** The conversation is over; whether the command was carried out is not known. */
export class QmpClosed extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`the monitor closed before ${what} was answered`, options)
    this.name = 'QmpClosed'
  }
}

/** The arguments, for the commands that have any. */
type Arguments<C extends keyof QmpCommands> = keyof QmpCommands[C]['takes'] extends never ? [] : [taken: QmpCommands[C]['takes']]

export interface QmpClient {
  readonly greeting: QmpGreeting
  execute<C extends keyof QmpCommands>(command: C, ...taken: Arguments<C>): Promise<QmpCommands[C]['gives']>
  onEvent(listener: (event: QmpEvent) => void): { close(): void }
  /** Resolves when the conversation is over, whoever ended it. */
  readonly closed: Promise<void>
  close(): void
}

export interface QmpOptions {
  /** How long the greeting and each answer may take. */
  timeoutMs?: number
  /** Is shown every line in both directions. */
  record?: (direction: 'to' | 'from', line: string) => void
}

/** An answer of ours takes under a millisecond; a host that swaps may take seconds. */
const defaultTimeoutMs = 5_000

/** No answer in use has a hundredth of this; whoever sends more is not QEMU. */
const maxLineLength = 4 * 1024 * 1024

/** Resolves after the greeting and the negotiation of capabilities. */
export async function connectQmp(path: string, options: QmpOptions = {}): Promise<QmpClient> {
  const conversation = new Conversation(connect({ path }), options)
  try {
    const greeting = await conversation.greeting()
    await conversation.execute('qmp_capabilities')
    return {
      greeting,
      execute: (command, ...taken) => conversation.execute(command, ...taken),
      onEvent: (listener) => conversation.onEvent(listener),
      closed: conversation.closed,
      close: () => conversation.close(),
    }
  } catch (error) {
    conversation.close()
    throw error
  }
}

interface Waiting {
  what: string
  resolve: (value: unknown) => void
  reject: (error: Error) => void
  timer: NodeJS.Timeout
}

const greetingId = 0

class Conversation {
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #timeoutMs: number
  readonly #record: NonNullable<QmpOptions['record']>
  readonly #waiting = new Map<unknown, Waiting>()
  readonly #listeners = new Set<(event: QmpEvent) => void>()
  readonly #greeting: Promise<QmpGreeting>
  #lastId = greetingId
  #unread = ''
  #failure: Error | undefined

  constructor(socket: Socket, options: QmpOptions) {
    this.#socket = socket
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs
    this.#record = options.record ?? (() => {})
    this.#greeting = this.#waitFor<QmpGreeting>(greetingId, 'the greeting')
    this.#greeting.catch(() => {}) // Whoever asks for the greeting is told; nobody else needs to be.
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => this.#read(chunk))
    socket.on('error', (error) => {
      this.#failure = error
    })
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#giveUp()
        resolve()
      })
    })
  }

  greeting(): Promise<QmpGreeting> {
    return this.#greeting
  }

  execute<C extends keyof QmpCommands>(command: C, ...[taken]: Arguments<C>): Promise<QmpCommands[C]['gives']> {
    if (this.#socket.destroyed) return Promise.reject(new QmpClosed(command, { cause: this.#failure }))
    const id = ++this.#lastId
    const answer = this.#waitFor<QmpCommands[C]['gives']>(id, command)
    const line = JSON.stringify({ execute: command, arguments: taken, id })
    this.#record('to', line)
    this.#socket.write(`${line}\n`)
    return answer
  }

  onEvent(listener: (event: QmpEvent) => void): { close(): void } {
    this.#listeners.add(listener)
    return { close: () => void this.#listeners.delete(listener) }
  }

  close(): void {
    this.#socket.destroy()
  }

  #waitFor<T>(id: number, what: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new QmpTimeout(what, this.#timeoutMs))
      }, this.#timeoutMs)
      // The schema of QEMU says that the answer to this command has this type; nothing here looks deeper than that.
      this.#waiting.set(id, { what, resolve: resolve as (value: unknown) => void, reject, timer })
    })
  }

  #read(chunk: string): void {
    const lines = (this.#unread + chunk).split('\n')
    this.#unread = lines.pop() ?? ''
    if (this.#unread.length > maxLineLength) return this.close()
    for (const line of lines.map((each) => each.trim()).filter((each) => each !== '')) {
      this.#record('from', line)
      const message = parseQmpLine(line)
      if (message !== undefined) this.#take(message)
    }
  }

  #take(message: QmpMessage): void {
    switch (message.kind) {
      case 'greeting':
        return this.#answered(greetingId)?.resolve(message.greeting)
      case 'return':
        return this.#answered(message.id)?.resolve(message.value)
      case 'error': {
        const asked = this.#answered(message.id)
        return asked?.reject(new QmpError(asked.what, message.errorClass, message.description))
      }
      case 'event':
        for (const listener of this.#listeners) listener(message.event)
    }
  }

  #answered(id: unknown): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return undefined
    clearTimeout(waiting.timer)
    this.#waiting.delete(id)
    return waiting
  }

  #giveUp(): void {
    for (const [id, { what }] of this.#waiting) this.#answered(id)?.reject(new QmpClosed(what, { cause: this.#failure }))
  }
}
