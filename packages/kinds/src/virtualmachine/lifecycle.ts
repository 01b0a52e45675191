// What start, stop and restart do to a virtual machine, by its run strategy and the instance that is there; the
// texts of the refusals are KubeVirt's, because clients match on them (also the misspelt one).

import {
  effectiveRunStrategy,
  isFinal,
  rememberedRunStrategy,
  type VirtualMachine,
  type VirtualMachineInstance,
} from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import {
  pendingRequests,
  requestsAfter,
  type StateChangeRequest,
  startRequest,
  startRequestOfHalted,
  stopRequest,
} from './state-change-requests.ts'

export type Effect =
  | { kind: 'refuse'; message: string }
  | { kind: 'setStrategy'; strategy: 'Always' | 'Halted' }
  | { kind: 'request'; requests: readonly StateChangeRequest[] }

const refuse = (message: string): Effect => ({ kind: 'refuse', message })
const always: Effect = { kind: 'setStrategy', strategy: 'Always' }
const halted: Effect = { kind: 'setStrategy', strategy: 'Halted' }

const notRunning = 'VM is not running'
const recoveryRequired =
  'VM recovery required: Volume migration failed, leaving some volumes pointing to non-consistent targets; manual intervention is needed to reassign them to their original volumes.'

/** What a start makes of a halted VM: KubeVirt knows Always alone, Harvester gives back what the VM was. */
export type HaltedBecomes = 'Always' | 'remembered'

export function decideStart(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  { paused, haltedBecomes }: { paused: boolean; haltedBecomes: HaltedBecomes },
): Effect {
  if (vmi !== undefined && !isFinal(vmi) && !isPhaseUnknown(vmi)) return refuse('VM is already running')
  if (hasCondition(vm, 'ManualRecoveryRequired')) return refuse(recoveryRequired)
  const remains = vmi !== undefined && isFinal(vmi) ? vmi : undefined
  const strategy = effectiveRunStrategy(vm.spec)
  switch (strategy) {
    case 'Halted':
      // One request asks for strategy and start, because a strategy such as Manual would not start by itself.
      if (haltedBecomes === 'remembered' && usesStrategy(vm))
        return startAfter(startRequestOfHalted(vm, rememberedRunStrategy(vm), paused))
      return paused ? startAfter(startRequestOfHalted(vm, 'Always', paused)) : always
    case 'RerunOnFailure':
      if (remains?.status?.phase === 'Failed') return refuse('RerunOnFailure does not support starting VM from failed state')
      return startAfter(startRequest(paused))
    case 'Manual':
      return startAfter(startRequest(paused))
    case 'Always':
    case 'Once':
    case 'WaitAsReceiver':
      return refuse(`${strategy} does not support manual start requests`)
  }

  function startAfter(start: StateChangeRequest): Effect {
    return remains === undefined ? request(vm, vmi, start) : request(vm, vmi, stopRequest(remains), start)
  }
}

export function decideStop(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  gracePeriodSeconds: number | undefined,
): Effect {
  const strategy = effectiveRunStrategy(vm.spec)
  if (strategy === 'Always' || strategy === 'Once') return halted
  if (vmi === undefined || isFinal(vmi)) return refuse(notRunning)
  if (strategy === 'Halted' && !isShorter(gracePeriodSeconds, vmi.spec.terminationGracePeriodSeconds)) {
    return refuse('Halted only supports manual stop requests with a shorter graceperiod')
  }
  return request(vm, vmi, stopRequest(vmi))
}

/** Harvester's stop: whatever the VM is, it is halted, and what it was is remembered. A start that waits is taken back. */
export function decideHalt(vm: VirtualMachine): Effect {
  const isStartWaiting = effectiveRunStrategy(vm.spec) === 'Halted' && vm.status?.stateChangeRequests !== undefined
  return isStartWaiting ? { kind: 'request', requests: [] } : halted
}

export function decideRestart(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined): Effect {
  if (hasCondition(vm, 'VolumesChange')) return refuse(recoveryRequired)
  const strategy = effectiveRunStrategy(vm.spec)
  if (strategy === 'Halted' || strategy === 'Once') {
    return refuse(`RunStategy ${strategy} does not support manual restart requests`)
  }
  if (vmi === undefined) return refuse('VM is not running: Halted')
  return request(vm, vmi, stopRequest(vmi), startRequest())
}

/** Requests that the instance has already answered do not stand in the way, also when nobody has cleared them yet. */
function request(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined, ...asked: StateChangeRequest[]): Effect {
  const requests = requestsAfter(pendingRequests(vm, vmi), asked)
  return requests === undefined
    ? refuse('unable to complete request: stop/start already underway')
    : { kind: 'request', requests }
}

/** The deprecated `running` knows two strategies, so it has nothing to give back. */
function usesStrategy({ spec }: VirtualMachine): boolean {
  return spec.running === undefined
}

function isShorter(seconds: number | undefined, before: number | undefined): boolean {
  return seconds !== undefined && (before === undefined || seconds < before)
}

function isPhaseUnknown(vmi: VirtualMachineInstance): boolean {
  const phase = vmi.status?.phase ?? ''
  return phase === '' || phase === 'Unknown'
}

function hasCondition(vm: VirtualMachine, type: string): boolean {
  return findCondition(vm.status?.conditions, type)?.status === 'True'
}
