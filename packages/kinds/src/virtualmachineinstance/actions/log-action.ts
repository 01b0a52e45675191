// The log of a machine's serial console, which QEMU keeps from its first line on.

import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { virtualMachineInstanceDefinition } from '@sheaf/api'
import { badRequest } from '@sheaf/api/meta'
import type { ActionCall, RequestAction } from '@sheaf/machinery/kind'
import type { Machine } from '@sheaf/qemu'
import type { MachinePorts } from '../../ports.ts'
import { instanceOf } from '../../refused-actions.ts'
import { inConflict } from './action-target.ts'

/** What KubeVirt has no path for. */
const ours = { group: 'subresources.sheaf.io', versions: ['v1'], plural: virtualMachineInstanceDefinition.plural } as const

/** How often a followed log is looked at; a person cannot tell it from at once. */
const followIntervalMs = 200
const logChunkBytes = 64 * 1024

/** `?follow=true` goes on until the machine ends or the caller leaves; `?tailBytes=N` begins near the end. */
export function logAction(ports: MachinePorts): RequestAction {
  return {
    ...ours,
    kind: 'request',
    method: 'GET',
    action: 'log',
    async run(call) {
      const { id, serialLogPath: path } = await launchedMachine(call, ports)
      const size = (await stat(path).catch(() => undefined))?.size ?? 0
      const start = Math.max(0, size - tailBytes(call, size))
      const headers = { 'content-type': 'text/plain; charset=utf-8' }
      const hasEnded = async (): Promise<boolean> => isOver(await ports.hypervisor.find(id))
      if (call.query.get('follow') === 'true') return { status: 200, headers, body: follow(path, start, hasEnded, call.signal) }
      return { status: 200, headers, body: start === size ? '' : createReadStream(path, { start, end: size - 1 }) }
    },
  }
}

function tailBytes(call: ActionCall, size: number): number {
  const text = call.query.get('tailBytes')
  if (text === null) return size
  const wanted = Number(text)
  if (!Number.isSafeInteger(wanted) || wanted < 0)
    throw badRequest(`tailBytes must be a whole number of bytes, not ${JSON.stringify(text)}`)
  return wanted
}

async function launchedMachine(call: ActionCall, ports: MachinePorts): Promise<Machine> {
  const instance = await instanceOf(call, ports)
  const machine = await ports.hypervisor.find(instance.metadata.uid ?? '')
  if (machine !== undefined) return machine
  const phase = instance.status?.phase ?? 'unknown'
  throw inConflict(call, `VMI has not been launched yet (phase ${phase}), so it has no log`)
}

const isOver = (machine: Machine | undefined): boolean => machine === undefined || machine.state.kind === 'exited'

async function* follow(
  path: string,
  start: number,
  hasEnded: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await using file = await open(path, 'r')
  const buffer = Buffer.alloc(logChunkBytes)
  let position = start
  while (!signal.aborted) {
    // Asked before reading, so that nothing which was said before the end is missed.
    const isLast = await hasEnded()
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
    position += bytesRead
    if (bytesRead > 0) yield Buffer.from(buffer.subarray(0, bytesRead))
    // A log that has become too long begins anew.
    else if ((await file.stat()).size < position) position = 0
    else if (isLast) return
    else await new Promise((resolve) => setTimeout(resolve, followIntervalMs))
  }
}
