// Choosing the host's ports for a plan's forwards.

import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { ChosenForward } from './argv/network.ts'
import { errorCode } from './durable-file.ts'
import { LaunchRefused } from './hypervisor.ts'
import type { LaunchPlan, PortForward } from './launch-plan.ts'

/**
 * A port for every forward of the plan. Ports that were chosen before are kept if they are still free. Nobody holds a
 * port between this choice and QEMU's start, so QEMU may still find it taken: then choose again without `previous`.
 */
export async function chooseForwards(plan: LaunchPlan, previous: readonly ChosenForward[]): Promise<ChosenForward[]> {
  const chosen: ChosenForward[] = []
  for (const forward of plan.interfaces.flatMap((each) => each.forwards)) {
    const before = previous.find((each) => each.name === forward.name)?.hostPort
    const taken = new Set(chosen.map((each) => `${each.protocol} ${each.hostPort}`))
    const hostPort = await choosePort(forward, before, (port) => taken.has(`${forward.protocol} ${port}`))
    const { name, protocol, hostAddress, guestPort } = forward
    chosen.push({ name, protocol, hostAddress, hostPort, guestPort })
  }
  return chosen
}

async function choosePort(forward: PortForward, before: number | undefined, isTaken: (port: number) => boolean): Promise<number> {
  if (forward.hostPort !== 'any') {
    if ((await tryPort(forward, forward.hostPort)) !== undefined) return forward.hostPort
    throw portInUse(forward.hostAddress, forward.hostPort, forward.name)
  }
  if (before !== undefined && !isTaken(before) && (await tryPort(forward, before)) !== undefined) return before
  for (;;) {
    const port = await tryPort(forward, 0)
    if (port === undefined)
      throw new LaunchRefused(
        'PortInUse',
        `no ${forward.protocol} port is free on ${forward.hostAddress} for the forward ${forward.name}`,
      )
    if (!isTaken(port)) return port
  }
}

export function portInUse(hostAddress: string, hostPort: number, name: string): LaunchRefused {
  return new LaunchRefused(
    'PortInUse',
    `port ${hostPort} of ${hostAddress}, which the forward ${name} asks for, is in use by another process. Choose another port, or let one be chosen.`,
  )
}

/** The port that could be listened on, for 0 whichever the kernel gave; undefined when it is taken. */
export function tryPort(forward: Pick<PortForward, 'protocol' | 'hostAddress'>, port: number): Promise<number | undefined> {
  return forward.protocol === 'tcp' ? tryTcp(forward.hostAddress, port) : tryUdp(forward.hostAddress, port)
}

function tryTcp(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => unlessTaken(error, resolve, reject))
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}

function tryUdp(address: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', (error) => unlessTaken(error, resolve, reject))
    socket.bind({ address, port, exclusive: true }, () => {
      const bound = socket.address().port
      socket.close(() => resolve(bound))
    })
  })
}

function unlessTaken(error: Error, resolve: (port: undefined) => void, reject: (error: Error) => void): void {
  if (errorCode(error) === 'EADDRINUSE') resolve(undefined)
  else reject(error)
}
