// One question to the agent inside a guest, over the channel's socket. The agent is the guest's: it may be slow, silent,
// gone, or still busy with what somebody asked before us, so every question begins by agreeing on where we are.

import { randomInt } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { AgentRefused, AgentSilent } from '../hypervisor.ts'
import { type AgentCommand, type AgentCommands, type AgentReply, parseAgentReply, silentCommands } from './protocol.ts'

export interface AskOptions {
  timeoutMs?: number
  /** For commands without an answer: how long a refusal may take. */
  refusalMs?: number
}

/** A healthy agent answers within milliseconds. Freezing waits for what is being written. */
const defaultTimeoutMs = 5_000
const freezeTimeoutMs = 30_000
/** A guest that obeys takes longer than this to go down; one that refuses says so at once. */
const defaultRefusalMs = 1_000
/** The longest answers tell of filesystems and take a few hundred bytes each. */
const maxAnswerBytes = 1024 * 1024
/** The agent sends it before its answer to `guest-sync-delimited`; in JSON text it cannot occur. */
const delimiter = 0xff

/** Throws AgentSilent when no answer comes in time, AgentRefused when the answer is no. */
export async function askAgent<C extends AgentCommand>(
  path: string,
  command: C,
  taken: AgentCommands[C]['takes'] | undefined,
  options: AskOptions = {},
): Promise<AgentCommands[C]['gives']> {
  const timeoutMs = options.timeoutMs ?? (command === 'guest-fsfreeze-freeze' ? freezeTimeoutMs : defaultTimeoutMs)
  const socket = connect({ path })
  const timer = setTimeout(() => socket.destroy(new AgentSilent(command, `did not answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    const replies = repliesOf(socket)
    await synchronize(socket, replies, command)
    send(socket, command, taken)
    if (silentCommands.has(command)) setTimeout(() => socket.end(), options.refusalMs ?? defaultRefusalMs).unref()
    const reply = await next(replies)
    if (reply?.kind === 'error') throw new AgentRefused(command, reply.description)
    if (reply === undefined && !silentCommands.has(command)) throw new AgentSilent(command, 'closed the channel')
    // The agent's schema says that the answer to this command has this type; nothing here looks deeper than that.
    return reply?.value as AgentCommands[C]['gives']
  } catch (error) {
    if (error instanceof AgentSilent || error instanceof AgentRefused) throw error
    throw new AgentSilent(command, 'cannot be reached', { cause: error })
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}

/** Whatever comes before the agent has repeated our number answers questions of somebody else. */
async function synchronize(socket: Socket, replies: AsyncIterator<AgentReply>, command: AgentCommand): Promise<void> {
  const id = randomInt(1, 2 ** 31)
  socket.write(Buffer.of(delimiter))
  send(socket, 'guest-sync-delimited', { id })
  for (;;) {
    const reply = await next(replies)
    if (reply === undefined) throw new AgentSilent(command, 'closed the channel')
    if (reply.kind === 'return' && reply.value === id) return
  }
}

function send(socket: Socket, execute: string, taken: unknown): void {
  socket.write(`${JSON.stringify({ execute, arguments: taken })}\n`)
}

async function next(replies: AsyncIterator<AgentReply>): Promise<AgentReply | undefined> {
  const { done, value } = await replies.next()
  return done === true ? undefined : value
}

async function* repliesOf(socket: Socket): AsyncGenerator<AgentReply, undefined> {
  let unread: Buffer = Buffer.alloc(0)
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    unread = Buffer.concat([unread, chunk])
    unread = unread.subarray(unread.lastIndexOf(delimiter) + 1)
    const end = unread.lastIndexOf('\n')
    if (end === -1 && unread.length > maxAnswerBytes) return undefined
    const lines = unread
      .subarray(0, end + 1)
      .toString('utf8')
      .split('\n')
    unread = unread.subarray(end + 1)
    for (const line of lines) {
      const reply = parseAgentReply(line)
      if (reply !== undefined) yield reply
    }
  }
  return undefined
}
