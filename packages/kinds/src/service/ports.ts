// What services reach the world through. The sockets are the server's; who is led where is decided here.

import type { Duplex } from 'node:stream'
import type { Hypervisor } from '@sheaf/qemu'
import type { Ports } from '../ports.ts'

export interface ServicePorts extends Ports {
  hypervisor: Pick<Hypervisor, 'openPort'>
  serviceListening: ServiceListening
  nodeName: string
}

/** The other end for a client that has connected. Rejects when there is none: the client's connection is reset. */
export type Connect = (client: string) => Promise<Duplex>

/** TCP sockets of this machine, on the one address that services are reached at. */
export interface ServiceListening {
  /** Where they listen: one address, or all of the machine's as `0.0.0.0`. */
  readonly address: string
  /** An address of this machine at which somebody else finds them. */
  reachedAt(): string
  /** Resolves when the port is open. Throws ListenRefused. */
  listen(port: number, connect: Connect): Promise<OpenPort>
  /** Answers health checks by HTTP: 200 while there are guests to lead to, else 503. Throws ListenRefused. */
  answerHealth(port: number, countGuests: () => number): Promise<OpenPort>
}

export interface OpenPort {
  /** Lets nobody in any more. Who is in already stays. */
  close(): Promise<void>
}

/** The port cannot be listened at; the message says why, and what would mend it. */
export class ListenRefused extends Error {
  readonly reason: 'PortInUse' | 'PortNotAllowed' | 'NoSuchAddress'
  constructor(reason: ListenRefused['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ListenRefused'
    this.reason = reason
  }
}
