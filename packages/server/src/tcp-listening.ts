// The TCP sockets of services: who connects is joined to what the service's controller gives for them, byte by byte, until
// both sides have had their say.

import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import { type Connect, ListenRefused, type OpenPort, type ServiceListening } from '@sheaf/kinds'
import { errorChain, type Log } from '@sheaf/machinery/controller'

/** Each takes two file descriptors and some buffers; a single port that is flooded must leave some for the API. */
const mostConnections = 2_000
/** A guest's forward takes a connection at once; where QEMU does not even answer, the client is not left waiting. */
const connectMs = 10_000
/** A client that has gone without a word is noticed some time after so long, and what it held is let go. */
const keepAliveMs = 60_000
const loopback = '127.0.0.1'

export interface RunningTcpListening extends ServiceListening {
  /** Closes every port and ends every connection. */
  stop(): Promise<void>
}

export function createTcpListening({ address, log }: { address: string; log: Log }): RunningTcpListening {
  const servers = new Set<Server>()
  const sockets = new Set<Socket>()

  async function open(server: Server, port: number): Promise<OpenPort> {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    await bind(server, address, port)
    servers.add(server)
    return {
      close: async () => {
        servers.delete(server)
        // It waits for those who are in; the port is free at once.
        server.close()
      },
    }
  }

  return {
    address,
    reachedAt: () => (isEverywhere(address) ? ownAddress() : address),
    async listen(port, connect) {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
        client.setKeepAlive(true, keepAliveMs)
        void join(client, connect, log)
      })
      server.maxConnections = mostConnections
      server.on('drop', () =>
        log.warn({ port, mostConnections }, 'a port of a service has too many connections; new ones are refused'),
      )
      return open(server, port)
    },
    async answerHealth(port, countGuests) {
      const server = createHttpServer((_, response) => {
        const guests = countGuests()
        response.writeHead(guests > 0 ? 200 : 503, { 'content-type': 'application/json', connection: 'close' })
        response.end(JSON.stringify({ localEndpoints: guests, serviceProxyHealthy: true }))
      })
      return open(server, port)
    },
    async stop() {
      for (const server of servers) server.close()
      servers.clear()
      await Promise.all([...sockets].map(endOf))
    },
  }
}

function endOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    socket.resetAndDestroy()
  })
}

async function join(client: Socket, connect: Connect, log: Log): Promise<void> {
  // An error ends the connection, and `close` tells of every end.
  client.on('error', () => {})
  try {
    const guest = await inTime(connect(clientAddress(client)))
    if (client.destroyed) guest.destroy()
    else splice(client, guest)
  } catch (error) {
    log.debug({ client: client.remoteAddress, port: client.localPort, error: errorChain(error) }, 'a client was turned away')
    client.resetAndDestroy()
  }
}

/** What comes too late is closed. */
async function inTime(connecting: Promise<Duplex>): Promise<Duplex> {
  const tooLate = Promise.withResolvers<never>()
  let isOver = false
  const timer = setTimeout(() => {
    isOver = true
    tooLate.reject(new Error(`no guest could be connected to within ${connectMs / 1000} s`))
  }, connectMs)
  void connecting.then((guest) => isOver && guest.destroy()).catch(() => {})
  try {
    return await Promise.race([connecting, tooLate.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Each side's end is passed on while the other still speaks; a side that breaks off breaks off the other. */
function splice(client: Socket, guest: Duplex): void {
  guest.on('error', () => {})
  client.once('close', () => {
    if (client.errored || !client.readableEnded) breakOff(guest)
  })
  guest.once('close', () => {
    if (guest.errored || !guest.readableEnded) breakOff(client)
  })
  client.pipe(guest)
  guest.pipe(client)
}

/** Not an end, after which all would seem to have been said. */
function breakOff(stream: Duplex): void {
  if (stream instanceof Socket) stream.resetAndDestroy()
  else stream.destroy()
}

/** An IPv4 client of a socket for both families is written in the way of IPv6. */
const clientAddress = ({ remoteAddress = '' }: Socket): string => remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')

const isEverywhere = (address: string): boolean => address === '0.0.0.0' || address === '::'

/** The first that other machines know it by, as its Node tells. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? loopback
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(refusalOf(error, host, port)))
    server.listen({ host, port, exclusive: true }, () => {
      server.removeAllListeners('error')
      // What goes wrong with one client later is no end of the server.
      server.on('error', () => {})
      resolve()
    })
  })
}

function refusalOf(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const refuse = (reason: ListenRefused['reason'], why: string): ListenRefused =>
    new ListenRefused(reason, `port ${port} of ${host} cannot be listened at: ${why}`, { cause: error })
  switch (error.code) {
    case 'EADDRINUSE':
      return refuse('PortInUse', 'it is in use. Choose another port, or end what listens there; it is tried again')
    case 'EACCES':
    case 'EPERM':
      return refuse('PortNotAllowed', 'this user may not. Choose a port from 1024 on, or use type NodePort')
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
      return refuse(
        'NoSuchAddress',
        'this machine has no such address (any more). Start sheaf serve with another --service-address',
      )
    default:
      return error
  }
}
