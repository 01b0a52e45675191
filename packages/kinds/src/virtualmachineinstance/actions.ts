// What can be done to a running instance beside writing its object: look at its console, read its log, hold it.

import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { type VirtualMachineInstance, virtualMachineInstanceDefinition } from '@sheaf/api'
import type { ApiResponse } from '@sheaf/api/client'
import { badRequest, conflict, notFound, StatusError } from '@sheaf/api/meta'
import type { Action, ActionCall, RequestAction, StreamAction } from '@sheaf/machinery/kind'
import { ConsoleBusy, type Machine } from '@sheaf/qemu'
import type { MachinePorts } from '../ports.ts'

const kubevirt = {
  group: 'subresources.kubevirt.io',
  versions: ['v1', 'v1alpha3'],
  plural: virtualMachineInstanceDefinition.plural,
} as const
/** What KubeVirt has no path for. */
const ours = { group: 'subresources.sheaf.io', versions: ['v1'], plural: virtualMachineInstanceDefinition.plural } as const

const accepted: ApiResponse = { status: 202, headers: {}, body: '' }
/** How often a followed log is looked at; a person cannot tell it from at once. */
const followIntervalMs = 200
const logChunkBytes = 64 * 1024

export function virtualMachineInstanceActions(ports: MachinePorts): Action[] {
  return [consoleAction(ports), logAction(ports), pauseAction(ports), unpauseAction(ports)]
}

async function runningMachine(call: ActionCall, ports: MachinePorts): Promise<Machine> {
  const key = { namespace: call.namespace, name: call.name }
  const instance = await ports.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find(key)
  if (instance === undefined) throw notFound(virtualMachineInstanceDefinition, call.name)
  const machine = await ports.hypervisor.find(instance.metadata.uid ?? '')
  if (machine?.state.kind === 'running') return machine
  throw conflict(virtualMachineInstanceDefinition, call.name, 'VMI is not running')
}

function consoleAction(ports: MachinePorts): StreamAction {
  return {
    ...kubevirt,
    kind: 'stream',
    action: 'console',
    async connect(call) {
      const machine = await runningMachine(call, ports)
      try {
        return await ports.hypervisor.openSerial(machine.id)
      } catch (error) {
        if (!(error instanceof ConsoleBusy)) throw error
        throw conflict(
          virtualMachineInstanceDefinition,
          call.name,
          `${error.message}; end that session first, or read the output with: sheaf logs ${call.name}`,
        )
      }
    },
  }
}

function pauseAction(ports: MachinePorts): RequestAction {
  return {
    ...kubevirt,
    kind: 'request',
    method: 'PUT',
    action: 'pause',
    async run(call) {
      const machine = await runningMachine(call, ports)
      if (machine.state.kind === 'running' && machine.state.paused)
        throw conflict(virtualMachineInstanceDefinition, call.name, 'VMI is already paused')
      await ports.hypervisor.pause(machine.id)
      return accepted
    },
  }
}

function unpauseAction(ports: MachinePorts): RequestAction {
  return {
    ...kubevirt,
    kind: 'request',
    method: 'PUT',
    action: 'unpause',
    async run(call) {
      const machine = await runningMachine(call, ports)
      if (machine.state.kind === 'running' && !machine.state.paused)
        throw conflict(virtualMachineInstanceDefinition, call.name, 'VMI is not paused')
      await ports.hypervisor.resume(machine.id)
      return accepted
    },
  }
}

/** `?follow=true` goes on until the machine ends or the caller leaves; `?tailBytes=N` begins near the end. */
function logAction(ports: MachinePorts): RequestAction {
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
      return { status: 200, headers, body: size === 0 ? '' : createReadStream(path, { start, end: size - 1 }) }
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
  const instance = await ports.client
    .resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
    .find({ namespace: call.namespace, name: call.name })
  if (instance === undefined) throw notFound(virtualMachineInstanceDefinition, call.name)
  const machine = await ports.hypervisor.find(instance.metadata.uid ?? '')
  if (machine !== undefined) return machine
  throw new StatusError(
    409,
    'Conflict',
    `virtualmachineinstances "${call.name}" has not been launched yet (phase ${instance.status?.phase ?? 'unknown'}), so it has no log`,
  )
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
    else if (isLast) return
    else await new Promise((resolve) => setTimeout(resolve, followIntervalMs))
  }
}
