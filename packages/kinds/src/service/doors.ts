// The open doors of all services: what is missing is opened, what is not wanted any more is closed, and who comes in is led to
// a guest that is ready now. A door that stays is never closed in between.

import { BlockList, isIPv6 } from 'node:net'
import type { Duplex } from 'node:stream'
import { errorChain } from '@sheaf/machinery/controller'
import { type Balance, createBalance } from './balance.ts'
import { ListenRefused, type OpenPort, type ServicePorts } from './ports.ts'
import type { Lead, WantedDoor } from './wanted-doors.ts'

export interface DoorSight {
  door: WantedDoor
  /** Undefined: it is open. */
  problem: { reason: string; message: string } | undefined
}

export interface Doors {
  /** `owner`: the service, as `namespace/name`. One call at a time for one owner. */
  ensure(owner: string, wanted: readonly WantedDoor[]): Promise<DoorSight[]>
  /** Closes all. */
  stop(): Promise<void>
}

interface Door {
  owner: string
  lead: Lead
  isHealthCheck: boolean
  balance: Balance
  /** Rejects when it could not be opened. */
  opened: Promise<OpenPort>
}

export type DoorPorts = Pick<ServicePorts, 'clock' | 'hypervisor' | 'serviceListening' | 'log'>

export function createDoors(ports: DoorPorts): Doors {
  const { serviceListening } = ports
  const doors = new Map<number, Door>()

  async function close(port: number, { opened }: Door): Promise<void> {
    // The place stays taken until the port is free: whoever wants it next would find it in use.
    await opened.then(
      (open) => open.close(),
      () => {},
    )
    doors.delete(port)
  }

  async function open(owner: string, { port, lead, purpose }: WantedDoor): Promise<void> {
    const isHealthCheck = purpose === 'health check'
    const door: Door = { owner, lead, isHealthCheck, balance: createBalance(), opened: Promise.reject(new Error('not opened')) }
    door.opened.catch(() => {})
    door.opened = isHealthCheck
      ? serviceListening.answerHealth(port, () => door.lead.guests.length)
      : serviceListening.listen(port, (client) => enter(client, door, ports))
    doors.set(port, door)
    try {
      await door.opened
    } catch (error) {
      doors.delete(port)
      throw error
    }
  }

  async function ensureOne(owner: string, wanted: WantedDoor): Promise<DoorSight['problem']> {
    const present = doors.get(wanted.port)
    if (present === undefined) {
      try {
        await open(owner, wanted)
        return undefined
      } catch (error) {
        if (error instanceof ListenRefused) return { reason: error.reason, message: error.message }
        throw error
      }
    }
    if (present.owner !== owner) {
      const message = `port ${wanted.port} is listened at for service ${present.owner} already: choose another port, or delete that service`
      return { reason: 'PortInUse', message }
    }
    present.lead = wanted.lead
    return undefined
  }

  return {
    async ensure(owner, wanted) {
      const kept = new Map<number, WantedDoor>()
      for (const door of wanted) if (!kept.has(door.port)) kept.set(door.port, door)
      for (const [port, door] of doors) {
        if (door.owner !== owner) continue
        const stays = kept.get(port)
        if (stays === undefined || (stays.purpose === 'health check') !== door.isHealthCheck) await close(port, door)
      }
      const problems = new Map<number, DoorSight['problem']>()
      for (const door of kept.values()) problems.set(door.port, await ensureOne(owner, door))
      return wanted.map((door) => ({ door, problem: problems.get(door.port) }))
    },
    async stop() {
      await Promise.all([...doors].map(([port, door]) => close(port, door)))
    },
  }
}

/** The guest's end for a client. One guest that cannot be connected to is no reason to turn a client away. */
async function enter(client: string, { owner, lead, balance }: Door, { hypervisor, clock, log }: DoorPorts): Promise<Duplex> {
  if (!isLetIn(client, lead)) throw new Error(`${client} is in none of the networks that service ${owner} is open to`)
  for (const guest of balance.order(client, lead, clock.now())) {
    try {
      const connection = await hypervisor.openPort(guest.id, guest.guestPort)
      // Each side may have said all that it has to say while it still listens.
      connection.allowHalfOpen = true
      balance.led(client, guest, lead, clock.now())
      return connection
    } catch (error) {
      log.debug({ service: owner, machine: guest.id, error: errorChain(error) }, 'a guest could not be connected to')
    }
  }
  throw new Error(`service ${owner} has no guest that is ready`)
}

function isLetIn(client: string, { sourceRanges }: Lead): boolean {
  if (sourceRanges === undefined) return true
  const networks = new BlockList()
  for (const range of sourceRanges) {
    const [address = '', bits = ''] = range.split('/')
    networks.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4')
  }
  return networks.check(client, isIPv6(client) ? 'ipv6' : 'ipv4')
}
