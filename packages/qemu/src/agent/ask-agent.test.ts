import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askAgent } from './ask-agent.ts'

interface Question {
  execute: string
  arguments?: { id?: number }
}

/** An agent for these tests. It synchronizes as QEMU's does; a test says what else it does. */
let answer: (question: Question, socket: Socket) => void
let synchronize: (id: number, socket: Socket) => void
let asked: string[]
let folder: string
let path: string
let server: Server
const sockets = new Set<Socket>()

const reply = (socket: Socket, message: object): void => void socket.write(`${JSON.stringify(message)}\n`)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-agent-'))
  path = join(folder, 'agent.sock')
  asked = []
  answer = (_, socket) => reply(socket, { return: {} })
  synchronize = (id, socket) => {
    socket.write(Buffer.of(0xff))
    reply(socket, { return: id })
  }
  server = createServer((socket) => {
    sockets.add(socket)
    let unread = ''
    socket.setEncoding('latin1')
    socket.on('error', () => {})
    socket.on('data', (chunk: string) => {
      const lines = (unread + chunk).split('\n')
      unread = lines.pop() ?? ''
      for (const line of lines) {
        const question = JSON.parse(line.slice(line.lastIndexOf('\xff') + 1)) as Question
        if (question.execute === 'guest-sync-delimited') synchronize(question.arguments?.id ?? 0, socket)
        else {
          asked.push(line)
          answer(question, socket)
        }
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
})

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

describe('a question to the guest agent', () => {
  it('is answered with what the agent returns', async () => {
    answer = (_, socket) => reply(socket, { return: { 'host-name': 'demo' } })
    expect(await askAgent(path, 'guest-get-host-name', undefined)).toEqual({ 'host-name': 'demo' })
    expect(asked).toEqual(['{"execute":"guest-get-host-name"}'])
  })

  it('is not answered with what the agent still had to say to somebody else', async () => {
    synchronize = (id, socket) => {
      reply(socket, { return: { 'host-name': 'late' } })
      socket.write(Buffer.of(0xff))
      reply(socket, { return: id - 1 })
      socket.write(`{"return": 7}\nhalf a li`)
      socket.write(Buffer.of(0xff))
      setImmediate(() => reply(socket, { return: id }))
    }
    answer = (_, socket) => reply(socket, { return: 'frozen' })
    expect(await askAgent(path, 'guest-fsfreeze-status', undefined)).toBe('frozen')
  })

  it('is put together from whatever pieces come', async () => {
    answer = (_, socket) => {
      socket.write('{"return": {"host-na')
      setImmediate(() => socket.write('me": "größe"}}\n'))
    }
    expect(await askAgent(path, 'guest-get-host-name', undefined)).toEqual({ 'host-name': 'größe' })
  })

  it("is refused in the agent's words", async () => {
    answer = (_, socket) => reply(socket, { error: { class: 'CommandNotFound', desc: 'The command has been disabled' } })
    await expect(askAgent(path, 'guest-get-users', undefined)).rejects.toMatchObject({
      name: 'AgentRefused',
      message: 'the guest agent refused guest-get-users: The command has been disabled',
    })
  })

  it.each(['before', 'after'] as const)('is given up when the agent falls silent %s it has synchronized', async (moment) => {
    if (moment === 'before') synchronize = () => {}
    answer = () => {}
    await expect(askAgent(path, 'guest-info', undefined, { timeoutMs: 50 })).rejects.toMatchObject({
      name: 'AgentSilent',
      message: 'the guest agent did not answer within 50 ms when asked for guest-info',
    })
  })

  it('is given up when the channel closes, or nobody listens', async () => {
    answer = (_, socket) => socket.end()
    await expect(askAgent(path, 'guest-info', undefined)).rejects.toMatchObject({ name: 'AgentSilent' })
    await expect(askAgent(join(folder, 'none.sock'), 'guest-info', undefined)).rejects.toMatchObject({
      name: 'AgentSilent',
      cause: { code: 'ENOENT' },
    })
  })

  it('is given up when the answer has no end', async () => {
    answer = (_, socket) => void socket.write('x'.repeat(2 * 1024 * 1024))
    await expect(askAgent(path, 'guest-info', undefined)).rejects.toMatchObject({ name: 'AgentSilent' })
  })

  it('that has no answer when it is obeyed succeeds without one, and fails with a refusal', async () => {
    answer = () => {}
    expect(await askAgent(path, 'guest-shutdown', { mode: 'reboot' }, { refusalMs: 20 })).toBeUndefined()
    expect(asked).toEqual(['{"execute":"guest-shutdown","arguments":{"mode":"reboot"}}'])
    answer = (_, socket) => reply(socket, { error: { desc: 'no reboot here' } })
    await expect(askAgent(path, 'guest-shutdown', { mode: 'reboot' })).rejects.toMatchObject({ name: 'AgentRefused' })
  })
})
