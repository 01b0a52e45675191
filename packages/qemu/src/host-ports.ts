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

/**
 * The port that could be listened on, for 0 whichever the kernel gave; undefined when it is taken. Throws LaunchRefused when
 * nobody could listen there as we are.
 */
export function tryPort(forward: Pick<PortForward, 'protocol' | 'hostAddress'>, port: number): Promise<number | undefined> {
  const { protocol, hostAddress } = forward
  const tried = protocol === 'tcp' ? tryTcp(hostAddress, port) : tryUdp(hostAddress, port)
  return tried.catch((error: unknown) => {
    if (errorCode(error) === 'EADDRINUSE') return undefined
    throw asPortRefusal(error, hostAddress, port)
  })
}

/** A privileged port, or an address of another host: the user's to mend. */
function asPortRefusal(error: unknown, hostAddress: string, port: number): unknown {
  const mend = howToMend(errorCode(error))
  if (mend === undefined) return error
  return new LaunchRefused('PortInUse', `port ${port} of ${hostAddress} cannot be listened on: ${mend}`, { cause: error })
}

function howToMend(code: string | undefined): string | undefined {
  if (code === 'EACCES') return 'this user may not. Ask for a port from 1024 on, or let one be chosen.'
  const isNoAddress = code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EINVAL'
  return isNoAddress ? 'this host has no such address. Ask for 127.0.0.1, or name none.' : undefined
}

function tryTcp(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}

function tryUdp(address: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    socket.bind({ address, port, exclusive: true }, () => {
      const bound = socket.address().port
      socket.close(() => resolve(bound))
    })
  })
}
