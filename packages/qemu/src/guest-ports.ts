// Connections to ports of a guest on a user-mode network, which only QEMU can reach: through a forward of the plan where
// there is one, else through one that is added to the running machine for as long as somebody is connected.

import { connect, type Socket } from 'node:net'
import { type ChosenForward, hostForwardRule, networkId } from './argv/network.ts'
import type { Attachment } from './attachment.ts'
import { tryPort } from './host-ports.ts'
import { MachineLacks } from './hypervisor.ts'
import { pause } from './process.ts'
import type { MachineRecord } from './state-folder.ts'

const loopback = '127.0.0.1'
/** Each try takes a port that was free a moment ago. */
const maxTries = 5

interface AddedForward {
  hostPort: number
  connections: number
}

export class GuestPorts {
  readonly #added = new Map<string, AddedForward>()

  /** One call at a time for one machine. `whenUnused` is told when the forward that was added may be removed. */
  async connect(attachment: Attachment, record: MachineRecord, guestPort: number, whenUnused: () => void): Promise<Socket> {
    const planned = record.forwards.find((each) => each.protocol === 'tcp' && each.guestPort === guestPort)
    if (planned !== undefined) return connectTcp(reachable(planned.hostAddress), planned.hostPort)
    const key = keyOf(record, guestPort)
    const added = this.#added.get(key) ?? { hostPort: await addForward(attachment, record, guestPort), connections: 0 }
    this.#added.set(key, added)
    added.connections++
    const left = (): void => {
      added.connections--
      if (added.connections === 0) whenUnused()
    }
    try {
      const socket = await connectTcp(loopback, added.hostPort)
      socket.once('close', left)
      return socket
    } catch (error) {
      left()
      throw error
    }
  }

  /** The machine runs in another process, which has the forwards of its plan only. */
  forget(id: string): void {
    for (const key of this.#added.keys()) if (key.startsWith(`${id} `)) this.#added.delete(key)
  }

  /** Unless somebody has connected again meanwhile. One call at a time for one machine. */
  async removeUnused(attachment: Attachment, record: MachineRecord, guestPort: number): Promise<void> {
    const key = keyOf(record, guestPort)
    const added = this.#added.get(key)
    if (added === undefined || added.connections > 0) return
    this.#added.delete(key)
    await removeForward(attachment, record, loopback, added.hostPort)
  }
}

/** Whoever was here before us may have died while somebody was connected: what is not of the plan goes. */
export async function removeStrayForwards(attachment: Attachment, record: MachineRecord): Promise<void> {
  if (record.plan.interfaces.length === 0) return
  const planned = new Set(record.forwards.map(({ hostAddress, hostPort }) => `${hostAddress}:${hostPort}`))
  for (const { hostAddress, hostPort } of listForwards(await monitor(attachment, 'info usernet'))) {
    if (hostAddress === loopback && !planned.has(`${hostAddress}:${hostPort}`))
      await removeForward(attachment, record, hostAddress, hostPort)
  }
}

/** From QEMU's table of connections: `TCP[HOST_FORWARD]  12  127.0.0.1 40080  10.0.2.15 80  0 0`. */
export function listForwards(table: string): { hostAddress: string; hostPort: number }[] {
  return [...table.matchAll(/TCP\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d+)/g)].map(([, hostAddress = '', hostPort = '']) => ({
    hostAddress,
    hostPort: Number(hostPort),
  }))
}

/** QEMU's answer takes half a millisecond, a guest's under emulation some ten. */
const lookForAcceptanceMs = 15

/**
 * A forward takes every connection before it asks the guest. Only QEMU's table of connections tells whether the guest has
 * taken it too, as long as the guest has not answered at all.
 */
export async function awaitAcceptance(
  connection: Socket,
  withAttachment: <T>(act: (attachment: Attachment) => Promise<T>) => Promise<T>,
  timeoutMs: number,
): Promise<'accepts' | 'refuses' | 'silent'> {
  const deadline = performance.now() + timeoutMs
  const { remotePort } = connection
  let isOver = false
  let wasEstablished = false
  connection.once('close', () => (isOver = true))
  connection.resume()
  for (;;) {
    const table = await withAttachment((attachment) => monitor(attachment, 'info usernet'))
    if (isOver) return 'refuses'
    // Seen once it may still be an older connection: QEMU has not come to ours yet, or the guest has refused it just now.
    const isNow = isEstablished(table, remotePort)
    if (isNow && wasEstablished) return 'accepts'
    wasEstablished = isNow
    if (performance.now() >= deadline) return 'silent'
    await pause(lookForAcceptanceMs)
  }
}

/**
 * `TCP[ESTABLISHED]  15  127.0.0.1 40080  10.0.2.15 80  0 0`: a forwarded connection is told by its forward, and not by its
 * client; but the latest is told first.
 */
export function isEstablished(table: string, forwardPort: number | undefined): boolean {
  const rows = [...table.matchAll(/TCP\[(\w+)\]\s+\d+\s+\S+\s+(\d+)/g)]
  const latest = rows.find(([, state, port]) => state !== 'HOST_FORWARD' && Number(port) === forwardPort)
  return latest?.[1] === 'ESTABLISHED'
}

async function addForward(attachment: Attachment, record: MachineRecord, guestPort: number): Promise<number> {
  let complaint = ''
  for (let tries = 0; tries < maxTries; tries++) {
    const hostPort = await tryPort({ protocol: 'tcp', hostAddress: loopback }, 0)
    if (hostPort === undefined) break
    const forward: ChosenForward = { name: 'added', protocol: 'tcp', hostAddress: loopback, hostPort, guestPort }
    complaint = await monitor(attachment, `hostfwd_add ${netdevOf(record)} ${hostForwardRule(forward)}`)
    if (complaint === '') return hostPort
  }
  throw new Error(`no port of this host could be forwarded to port ${guestPort} of the guest: ${complaint || 'none is free'}`)
}

async function removeForward(attachment: Attachment, record: MachineRecord, address: string, port: number): Promise<void> {
  await monitor(attachment, `hostfwd_remove ${netdevOf(record)} tcp:${address}:${port}`)
}

function netdevOf({ plan }: MachineRecord): string {
  const [first] = plan.interfaces
  if (first === undefined) throw new MachineLacks(plan.id, 'network interface')
  return networkId(first)
}

/** Forwards can be changed by QEMU's commands for people only. They answer with nothing when they have succeeded. */
async function monitor(attachment: Attachment, line: string): Promise<string> {
  return (await attachment.execute('human-monitor-command', { 'command-line': line })).trim()
}

const keyOf = ({ plan }: MachineRecord, guestPort: number): string => `${plan.id} ${guestPort}`

/** What listens on all addresses is reached on this one. */
const reachable = (address: string): string => (address === '0.0.0.0' ? loopback : address)

async function connectTcp(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {}) // What ends the connection ends the stream, and `close` tells.
  return socket
}
