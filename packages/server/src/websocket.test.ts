import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { conflict } from '@sheaf/api/meta'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Entry } from './front-door.ts'
import { joinWebsocket } from './websocket.ts'

let server: Server
let machineEnd: Duplex
let serverEnd: Duplex
let connect: () => Promise<Duplex>
let handle: Entry['handle']

beforeEach(async () => {
  ;[machineEnd, serverEnd] = duplexPair()
  connect = async () => serverEnd
  server = createServer()
  server.on('upgrade', (incoming, socket, head) => {
    const entry: Entry = { handle: (...asked) => handle(...asked), connect: () => connect(), ended: () => {} }
    const door = { enter: async () => entry }
    const request = { method: 'GET', path: incoming.url ?? '', headers: {} }
    void joinWebsocket(incoming, socket, head, request, { door, visitor: { address: '' } })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

const dial = (protocols: string[] = [], path = '/console'): WebSocket =>
  new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, protocols)
const opened = (socket: WebSocket): Promise<unknown> => new Promise((resolve) => socket.once('open', resolve))
const closed = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.once('close', resolve))

describe('a websocket', () => {
  it('carries bytes both ways, in binary messages', async () => {
    const socket = dial()
    const heard = new Promise((resolve) =>
      socket.once('message', (data: Buffer, isBinary) => resolve([data.toString(), isBinary])),
    )
    await opened(socket)
    machineEnd.write('login: ')
    expect(await heard).toEqual(['login: ', true])
    const typed = new Promise((resolve) => machineEnd.once('data', (data) => resolve(String(data))))
    socket.send('root')
    expect(await typed).toBe('root')
    socket.terminate()
  })

  it.each([
    ['ends', () => machineEnd.end('bye')],
    ['is cut off', () => serverEnd.destroy()],
  ])('is closed as finished when the stream %s', async (_, end) => {
    const socket = dial()
    await opened(socket)
    const code = closed(socket)
    end()
    expect(await code).toBe(1000)
  })

  it.each([
    ['leaves', (socket: WebSocket) => socket.close()],
    ['is lost', (socket: WebSocket) => socket.terminate()],
  ])('ends the stream when the client %s', async (_, leave) => {
    const socket = dial()
    await opened(socket)
    const gone = new Promise((resolve) => serverEnd.once('close', resolve))
    leave(socket)
    await gone
  })

  it('ends the stream when what was asked for is no websocket', async () => {
    const gone = new Promise((resolve) => serverEnd.once('close', resolve))
    const { port } = server.address() as AddressInfo
    const headers = { connection: 'upgrade', upgrade: 'something-else' }
    const asked = get({ host: '127.0.0.1', port, path: '/console', headers }, (answer) => answer.resume())
    asked.on('error', () => {})
    await gone
  })

  it.each([
    [['plain.kubevirt.io'], 'plain.kubevirt.io'],
    [['base64url.bearer.authorization.k8s.io.dG9rZW4', 'plain.kubevirt.io'], 'plain.kubevirt.io'],
    [[], ''],
  ])('that offers %j speaks %j', async (offered, chosen) => {
    const socket = dial(offered)
    await opened(socket)
    expect(socket.protocol).toBe(chosen)
    socket.terminate()
  })

  it('that is refused gets the Status instead of a connection', async () => {
    connect = () => Promise.reject(conflict({ group: '', plural: 'machines', kind: 'Machine' }, 'a', 'it is paused'))
    const socket = dial()
    const answer = new Promise<[number | undefined, string]>((resolve) => {
      socket.once('unexpected-response', (_request, response) => {
        response.on('data', (body: Buffer) => resolve([response.statusCode, String(body)]))
      })
    })
    const [code, body] = await answer
    expect([code, JSON.parse(body)]).toMatchObject([409, { kind: 'Status', reason: 'Conflict' }])
  })
})

describe('a watch over a websocket', () => {
  const path = '/api/v1/namespaces?watch=1&resourceVersion=7'

  it('WA20 is one text message an event, and is closed as finished at its end', async () => {
    handle = async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from('{"type":"ADDED"}\n')
        yield Buffer.from('{"type":"DELETED"}\n')
      })(),
    })
    const socket = dial(['base64url.bearer.authorization.k8s.io.dG9rZW4', 'base64.binary.k8s.io'], path)
    const heard: unknown[] = []
    socket.on('message', (data: Buffer, isBinary) => heard.push([data.toString(), isBinary]))
    expect(await closed(socket)).toBe(1000)
    expect([socket.protocol, heard]).toEqual([
      'base64.binary.k8s.io',
      [
        ['{"type":"ADDED"}', false],
        ['{"type":"DELETED"}', false],
      ],
    ])
  })

  it('WA20 ends when its client leaves', async () => {
    const ended = Promise.withResolvers<void>()
    handle = async (_body, signal) => {
      signal.addEventListener('abort', () => ended.resolve())
      return {
        status: 200,
        headers: {},
        body: (async function* () {
          yield `{"type":"ADDED"}\n`
          await ended.promise
        })(),
      }
    }
    const socket = dial([], path)
    await opened(socket)
    socket.terminate()
    await ended.promise
  })

  it('WA20 that is refused gets the Status instead of a connection', async () => {
    const body = JSON.stringify({ kind: 'Status', reason: 'Forbidden' })
    handle = async () => ({ status: 403, headers: { 'content-type': 'application/json' }, body })
    const socket = dial([], path)
    const answer = new Promise<[number | undefined, string]>((resolve) => {
      socket.once('unexpected-response', (_request, response) => {
        response.on('data', (text: Buffer) => resolve([response.statusCode, String(text)]))
      })
    })
    expect(await answer).toEqual([403, body])
  })
})
