// One process per data folder. The lock is an abstract unix socket: the kernel frees it however its holder dies,
// so there is no stale lock to judge, and the holder itself answers who it is. Linux only.

import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'

export interface LockHolder {
  pid: number
  /** When it took the lock, in ISO 8601. */
  since: string
  commandLine: string
}

export interface InstanceLock {
  release(): void
}

export class InstanceLocked extends Error {
  readonly holder: LockHolder | undefined
  constructor(dataFolder: string, holder: LockHolder | undefined) {
    const who = holder
      ? `process ${holder.pid}, since ${holder.since}: ${holder.commandLine}`
      : 'a process that does not answer; find it with: ss -xlp | grep sheaf'
    super(`${dataFolder} is in use by ${who}. Stop it first, or use another data folder`)
    this.name = 'InstanceLocked'
    this.holder = holder
  }
}

/** `sun_path` holds 108 bytes; libuv once counted one less, and pads with NULs or not by version. Full is full for all. */
const NAME_BYTES = 107
/** A holder answers at once unless it is stopped or very busy; then a message without its name has to do. */
const ANSWER_TIMEOUT_MS = 1_000
/** An answer is one line about one process. */
const ANSWER_LIMIT = 4_096
/** The holder may end between our attempt and our question: then the lock is free, and we try again. */
const ATTEMPTS = 3

/** Takes the lock of the data folder, which must exist. Throws InstanceLocked, which says who holds it. */
export async function acquireInstanceLock(dataFolder: string): Promise<InstanceLock> {
  const name = lockName(await realpath(dataFolder))
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const server = await listen(name)
    if (server) return { release: () => void server.close() }
    const answer = await askHolder(name)
    if (answer !== 'gone') throw new InstanceLocked(dataFolder, answer)
  }
  throw new InstanceLocked(dataFolder, undefined)
}

function lockName(folder: string): string {
  const hash = createHash('sha256').update(folder).digest('hex')
  return `\0sheaf-instance-${hash}-`.padEnd(NAME_BYTES, '.')
}

/** Undefined when somebody else listens there. */
function listen(name: string): Promise<Server | undefined> {
  const self: LockHolder = { pid: process.pid, since: new Date().toISOString(), commandLine: process.argv.join(' ') }
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>()
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.end(JSON.stringify({ ...self, commandLine: self.commandLine.slice(0, ANSWER_LIMIT / 2) }))
  })
  server.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
  server.listen(name, () => resolve(server.unref()))
  return promise
}

/** `gone` when nobody listens any more, undefined when no sensible answer came. */
function askHolder(name: string): Promise<LockHolder | 'gone' | undefined> {
  const { promise, resolve } = Promise.withResolvers<LockHolder | 'gone' | undefined>()
  let answer = ''
  const socket = connect(name)
  socket.setEncoding('utf8').setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy())
  socket.on('data', (text: string) => {
    answer += text
    if (answer.length > ANSWER_LIMIT) socket.destroy()
  })
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'gone' : undefined))
  socket.on('close', () => resolve(parseHolder(answer)))
  return promise
}

function parseHolder(answer: string): LockHolder | undefined {
  try {
    const { pid, since, commandLine } = JSON.parse(answer) as Partial<Record<keyof LockHolder, unknown>>
    if (typeof pid === 'number' && typeof since === 'string' && typeof commandLine === 'string')
      return { pid, since, commandLine }
  } catch {
    // Not an answer of ours.
  }
  return undefined
}
