import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectQmp } from './client.ts'
import type { QmpEvent } from './protocol.ts'

const greeting =
  '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}}\r\n'

/** A QEMU for these tests: answers what a test lets it answer. */
let answer: (command: string, id: number, socket: Socket) => void
let greets: boolean
let folder: string
let server: Server
const sockets = new Set<Socket>()

const reply = (socket: Socket, message: object): void => void socket.write(`${JSON.stringify(message)}\r\n`)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-qmp-'))
  greets = true
  answer = (_, id, socket) => reply(socket, { return: {}, id })
  server = createServer((socket) => {
    sockets.add(socket)
    if (greets) socket.write(greeting)
    let unread = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const lines = (unread + String(chunk)).split('\n')
      unread = lines.pop() ?? ''
      for (const line of lines) {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number }
        if (execute === 'qmp_capabilities') reply(socket, { return: {}, id })
        else answer(execute, id, socket)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(join(folder, 'qmp.sock'), resolve))
})

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

const open = (options: Parameters<typeof connectQmp>[1] = {}) => connectQmp(join(folder, 'qmp.sock'), options)

describe('the QMP client', () => {
  it('reads the greeting and gives answers to those who asked, in whatever order and pieces they come', async () => {
    const ids: number[] = []
    answer = (_, id, socket) => {
      ids.push(id)
      if (ids.length < 2) return
      const [first, second] = ids
      socket.write(`{"return": {"status": "paused", "running": false}, "id": ${second}}\r\n{"return": {"status": "run`)
      setImmediate(() => socket.write(`ning", "running": true}, "id": ${first}}\r\n`))
    }
    const client = await open()
    expect(client.greeting.qemuVersion).toBe('7.2.22')
    const answers = await Promise.all([client.execute('query-status'), client.execute('query-status')])
    expect(answers.map((each) => each.status)).toEqual(['running', 'paused'])
    client.close()
  })

  it("rejects with QEMU's class and words when QEMU refuses", async () => {
    answer = (_, id, socket) => reply(socket, { error: { class: 'DeviceNotFound', desc: 'no such thing' }, id })
    const client = await open()
    await expect(client.execute('cont')).rejects.toMatchObject({
      name: 'QmpError',
      errorClass: 'DeviceNotFound',
      message: 'QEMU refused cont: no such thing',
    })
    client.close()
  })

  it('hands events to listeners until they close', async () => {
    answer = (_, id, socket) => {
      reply(socket, { event: 'STOP', timestamp: { seconds: 1, microseconds: 0 }, data: { a: 1 } })
      reply(socket, { return: {}, id })
    }
    const client = await open()
    const heard: QmpEvent[] = []
    const listener = client.onEvent((event) => heard.push(event))
    await client.execute('stop')
    listener.close()
    await client.execute('stop')
    expect(heard).toEqual([{ name: 'STOP', data: { a: 1 }, at: new Date(1000) }])
    client.close()
  })

  it('gives up on an answer that does not come, and goes on', async () => {
    answer = (command, id, socket) => {
      if (command !== 'stop') reply(socket, { return: {}, id })
    }
    const client = await open({ timeoutMs: 50 })
    await expect(client.execute('stop')).rejects.toMatchObject({ name: 'QmpTimeout' })
    await expect(client.execute('cont')).resolves.toEqual({})
    client.close()
  })

  it('gives up on a monitor that does not greet, because it serves somebody else', async () => {
    greets = false
    await expect(open({ timeoutMs: 50 })).rejects.toMatchObject({ name: 'QmpTimeout' })
  })

  it('rejects what is unanswered when the conversation ends, and what is asked afterwards', async () => {
    answer = (_command, _id, socket) => socket.destroy()
    const client = await open()
    await expect(client.execute('quit')).rejects.toMatchObject({ name: 'QmpClosed' })
    await client.closed
    await expect(client.execute('cont')).rejects.toMatchObject({ name: 'QmpClosed' })
  })

  it('passes over lines that are not QMP', async () => {
    answer = (_, id, socket) => {
      socket.write('not json\r\n[1]\r\n{"neither": 1}\r\n')
      reply(socket, { return: {}, id })
    }
    const client = await open()
    await expect(client.execute('cont')).resolves.toEqual({})
    client.close()
  })

  it('rejects when nobody listens', async () => {
    await expect(connectQmp(join(folder, 'none.sock'))).rejects.toMatchObject({ name: 'QmpClosed', cause: { code: 'ENOENT' } })
  })

  it('shows every line of both directions to whoever records', async () => {
    const lines: string[] = []
    const client = await open({ record: (direction, line) => lines.push(`${direction} ${line}`) })
    await client.execute('set-action', { reboot: 'reset' })
    expect(lines.at(0)).toMatch(/^from \{"QMP"/)
    expect(lines.at(-2)).toBe('to {"execute":"set-action","arguments":{"reboot":"reset"},"id":2}')
    expect(lines.at(-1)).toBe('from {"return":{},"id":2}')
    client.close()
  })
})
