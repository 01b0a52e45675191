// docs/spec/service.md: what becomes of the bytes of a connection, and of a port that cannot be had. Over real sockets.

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import { ListenRefused } from '@sheaf/kinds'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { collectingLog } from '../../machinery/src/controller/collecting-log.fixture.ts'
import { freePort } from '../../../test/kit/free-port.ts'
import { createTcpListening, type RunningTcpListening } from './tcp-listening.ts'

let listening: RunningTcpListening
const opened: { close(): unknown }[] = []
beforeEach(() => {
  listening = createTcpListening({ address: '127.0.0.1', log: collectingLog() })
})
afterEach(async () => {
  for (const each of opened.splice(0)) each.close()
  await listening.stop()
})

/** A program in a guest, reached as a guest's port is. */
async function guest(serve: (connection: Socket) => void): Promise<() => Promise<Duplex>> {
  // One that is broken off is no failure of the test.
  const server: Server = createServer({ allowHalfOpen: true }, (each) => serve(each.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push(server)
  const { port } = server.address() as { port: number }
  return async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    return socket
  }
}

async function client(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

async function textOf(stream: Duplex): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}

const endOf = (socket: Socket) => new Promise<boolean>((resolve) => socket.once('close', (hadError) => resolve(hadError)))

describe('a connection', () => {
  test('SV24 a client that has said all it has to say still hears the answer', async () => {
    const port = await freePort()
    await listening.listen(
      port,
      await guest((connection) => void textOf(connection).then((text) => connection.end(`heard: ${text}`))),
    )
    const socket = await client(port)
    socket.end('question')
    expect(await textOf(socket)).toBe('heard: question')
  })

  test('SV24 a guest that has said all it has to say still hears the client', async () => {
    const port = await freePort()
    const heard = Promise.withResolvers<string>()
    await listening.listen(
      port,
      await guest((connection) => {
        connection.end('greeting')
        void textOf(connection).then(heard.resolve)
      }),
    )
    const socket = await client(port)
    expect(await textOf(socket)).toBe('greeting')
    socket.end('after the end of the greeting')
    expect(await heard.promise).toBe('after the end of the greeting')
  })

  test('SV24 what nobody reads is not read in either: a slow reader slows the writer', async () => {
    const port = await freePort()
    const mebibyte = Buffer.alloc(1024 * 1024, 1)
    const total = 64 * mebibyte.length
    let written = 0
    function* mebibytes() {
      for (; written < total; written += mebibyte.length) yield mebibyte
    }
    await listening.listen(port, await guest((connection) => Readable.from(mebibytes()).pipe(connection)))
    const socket = await client(port)
    socket.pause()
    let before = -1
    // Buffers on the way fill up, and then nothing moves.
    while (written !== before) {
      before = written
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    expect(written).toBeLessThan(total / 2)
    let received = 0
    for await (const chunk of socket) received += (chunk as Buffer).length
    expect(received).toBe(total)
  })

  test('SV24 who breaks off breaks off the other side', async () => {
    const port = await freePort()
    const served = Promise.withResolvers<Socket>()
    await listening.listen(port, await guest(served.resolve))
    const first = await client(port)
    const inGuest = await served.promise
    const guestEnd = endOf(inGuest)
    inGuest.resume()
    first.resetAndDestroy()
    await guestEnd
    const again = Promise.withResolvers<Socket>()
    const other = await freePort()
    await listening.listen(other, await guest(again.resolve))
    const second = await client(other)
    const clientEnd = endOf(second)
    second.resume()
    ;(await again.promise).resetAndDestroy()
    expect(await clientEnd).toBe(true)
  })

  test('SV23 a client for whom there is no guest is reset, and the port stays open', async () => {
    const port = await freePort()
    await listening.listen(port, () => Promise.reject(new Error('no guest is ready')))
    for (let round = 0; round < 2; round++) {
      const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
      socket.resume()
      expect(await endOf(socket)).toBe(true)
    }
  })

  test('SV30 what is open ends with the process, what is only closed to newcomers goes on', async () => {
    const port = await freePort()
    const door = await listening.listen(port, await guest((connection) => connection.pipe(connection)))
    const socket = await client(port)
    await door.close()
    socket.write('still')
    expect(String((await once(socket, 'data'))[0])).toBe('still')
    const late = connect({ port, host: '127.0.0.1' })
    await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await listening.listen(port, () => Promise.reject(new Error('again')))
    const end = endOf(socket)
    await listening.stop()
    await end
  })
})

describe('a port', () => {
  test('SV25 that another process has is told as such', async () => {
    const taken = createServer()
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    opened.push(taken)
    const { port } = taken.address() as { port: number }
    const refusal = listening.listen(port, () => Promise.reject(new Error('never')))
    await expect(refusal).rejects.toBeInstanceOf(ListenRefused)
    await expect(refusal).rejects.toMatchObject({
      reason: 'PortInUse',
      message: `port ${port} of 127.0.0.1 cannot be listened at: it is in use. Choose another port, or end what listens there; it is tried again`,
    })
  })

  test('SV25 of an address that this machine does not have is told as such', async () => {
    const elsewhere = createTcpListening({ address: '192.0.2.1', log: collectingLog() })
    await expect(elsewhere.listen(0, () => Promise.reject(new Error('never')))).rejects.toMatchObject({ reason: 'NoSuchAddress' })
  })

  test('SV27 for health checks answers by HTTP how many guests there are', async () => {
    const port = await freePort()
    let guests = 2
    await listening.answerHealth(port, () => guests)
    const look = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`)
      return [response.status, await response.json()]
    }
    expect(await look()).toEqual([200, { localEndpoints: 2, serviceProxyHealthy: true }])
    guests = 0
    expect(await look()).toEqual([503, { localEndpoints: 0, serviceProxyHealthy: true }])
  })

  test('SV28 is told where others find it: on its own address, or on one of all', () => {
    expect(listening.reachedAt()).toBe('127.0.0.1')
    const everywhere = createTcpListening({ address: '0.0.0.0', log: collectingLog() })
    expect(everywhere.reachedAt()).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
    expect(everywhere.reachedAt()).not.toBe('0.0.0.0')
  })
})
