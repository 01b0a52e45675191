// status.stateChangeRequests: what a user asked for and the controller has not brought about yet. Only the first one
// counts. The rules of who may write one and when it is fulfilled are KubeVirt's.

import {
  effectiveRunStrategy,
  isMemorableRunStrategy,
  type MemorableRunStrategy,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineStatus,
} from '@sheaf/api'
import { isBeingDeleted } from '@sheaf/api/meta'

export type StateChangeRequest = NonNullable<VirtualMachineStatus['stateChangeRequests']>[number]

export const startRequest = (paused = false): StateChangeRequest =>
  paused ? { action: 'Start', data: { paused: 'true' } } : { action: 'Start' }

/**
 * Of a halted VM: it becomes this, and is started. It holds for the spec that it was asked of, so that a later halt wins,
 * however far the start has come.
 */
export function startRequestOfHalted(vm: VirtualMachine, runStrategy: MemorableRunStrategy, paused: boolean): StateChangeRequest {
  const generation = String(vm.metadata.generation ?? 0)
  return { action: 'Start', data: { ...(paused ? { paused: 'true' } : {}), runStrategy, generation } }
}

export const stopRequest = (vmi: VirtualMachineInstance): StateChangeRequest => ({ action: 'Stop', uid: vmi.metadata.uid ?? '' })

/** The requests that are still to be fulfilled, given the instance that is there. */
export function pendingRequests(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined): readonly StateChangeRequest[] {
  const requests = vm.status?.stateChangeRequests ?? []
  const firstPending = requests.findIndex((request) => !isFulfilled(request, vmi))
  const pending = firstPending === -1 ? [] : requests.slice(firstPending)
  return effectiveRunStrategy(vm.spec) === 'Halted' ? pending.filter((request) => !isLeftoverStart(request, vm)) : pending
}

/** Of a halted VM: halting is the later wish, unless the start was asked for since. */
function isLeftoverStart(request: StateChangeRequest, vm: VirtualMachine): boolean {
  return request.action === 'Start' && strategyAfterStart(request, vm) === undefined
}

function strategyAfterStart({ data }: StateChangeRequest, { metadata }: VirtualMachine): MemorableRunStrategy | undefined {
  const { runStrategy, generation } = data ?? {}
  return generation === String(metadata.generation ?? 0) && isMemorableRunStrategy(runStrategy) ? runStrategy : undefined
}

/** What the start that waits makes of a halted VM. */
export function strategyAskedFor(requests: readonly StateChangeRequest[], vm: VirtualMachine): MemorableRunStrategy | undefined {
  const [first] = requests
  return first?.action === 'Start' ? strategyAfterStart(first, vm) : undefined
}

/**
 * A start whose instance has ended before anybody looked is fulfilled too: whoever starts over the remains of an
 * instance asks to stop first.
 */
function isFulfilled(request: StateChangeRequest, vmi: VirtualMachineInstance | undefined): boolean {
  if (request.action === 'Start') return vmi !== undefined && !isBeingDeleted(vmi)
  return vmi === undefined || !request.uid || request.uid !== vmi.metadata.uid
}

export function asksToStart(requests: readonly StateChangeRequest[]): boolean {
  return requests[0]?.action === 'Start'
}

/** Only while the start is still to come does it matter how. */
export function asksToStartPaused(requests: readonly StateChangeRequest[]): boolean {
  return asksToStart(requests) && requests[0]?.data?.['paused'] === 'true'
}

export function asksToStop(requests: readonly StateChangeRequest[], vmi: VirtualMachineInstance): boolean {
  return requests[0]?.action === 'Stop' && requests[0].uid === vmi.metadata.uid
}

/** The list with a start at its end, once. */
export function withStart(requests: readonly StateChangeRequest[]): readonly StateChangeRequest[] {
  return requests.some((request) => request.action === 'Start') ? requests : [...requests, startRequest()]
}

/**
 * The list after a user's request: a single stop beats whatever waits, and a start asked for again is the same start.
 * Anything else has to wait its turn (undefined).
 */
export function requestsAfter(
  waiting: readonly StateChangeRequest[],
  asked: readonly StateChangeRequest[],
): readonly StateChangeRequest[] | undefined {
  const isSingleStop = asked.length === 1 && asked[0]?.action === 'Stop'
  const isSameStart = [waiting, asked].every((list) => list.length === 1 && asksToStart(list))
  return waiting.length === 0 || isSingleStop || isSameStart ? asked : undefined
}
