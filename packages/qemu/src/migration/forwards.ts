// The ports of the host on their way from one process to the other. Only one process can listen on a port.

import { type ChosenForward, hostForwardRule, networkId } from '../argv/network.ts'
import type { QmpClient } from '../qmp/client.ts'
import type { MachineRecord } from '../state-folder.ts'

type Machine = Pick<MachineRecord, 'plan' | 'forwards'>

/** Whoever connects from now on is refused, until another process has taken the ports. */
export async function releaseForwards({ plan, forwards }: Machine, execute: QmpClient['execute']): Promise<void> {
  for (const forward of forwards) {
    const { protocol, hostAddress, hostPort } = forward
    await monitor(execute, `hostfwd_remove ${networkOf(plan, forward)} ${protocol}:${hostAddress}:${hostPort}`)
  }
}

/** Takes those that this process does not have. Answers QEMU's complaints, one for each port that could not be had. */
export async function takeForwards({ plan, forwards }: Machine, execute: QmpClient['execute']): Promise<string[]> {
  if (forwards.length === 0) return []
  const held = heldForwards(await monitor(execute, 'info usernet'))
  const complaints: string[] = []
  for (const forward of forwards) {
    if (held.has(keyOf(forward))) continue
    const complaint = await monitor(execute, `hostfwd_add ${networkOf(plan, forward)} ${hostForwardRule(forward)}`)
    if (complaint !== '') complaints.push(complaint)
  }
  return complaints
}

function networkOf(plan: Machine['plan'], { name }: ChosenForward): string {
  const found = plan.interfaces.find((each) => each.forwards.some((forward) => forward.name === name))
  if (found === undefined) throw new Error(`the plan of ${plan.id} has no forward ${name}`)
  return networkId(found)
}

const keyOf = ({ protocol, hostAddress, hostPort }: Pick<ChosenForward, 'protocol' | 'hostAddress' | 'hostPort'>): string =>
  `${protocol} ${hostAddress} ${hostPort}`

/** From QEMU's table of connections: `TCP[HOST_FORWARD]  12  127.0.0.1 40080  10.0.2.15 80  0 0`; `*` stands for all addresses. */
export function heldForwards(table: string): Set<string> {
  const rows = table.matchAll(/(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d+)/g)
  return new Set(
    [...rows].map(([, protocol, address, port]) =>
      keyOf({
        protocol: protocol === 'UDP' ? 'udp' : 'tcp',
        hostAddress: address === '*' ? '0.0.0.0' : (address ?? ''),
        hostPort: Number(port),
      }),
    ),
  )
}

/** QEMU's commands for people answer with nothing when they have succeeded. */
async function monitor(execute: QmpClient['execute'], line: string): Promise<string> {
  return (await execute('human-monitor-command', { 'command-line': line })).trim()
}
