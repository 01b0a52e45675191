// What can be done to a virtual machine beside writing its object. start, stop and restart check, then write what is wanted;
// the controller does the rest.

import {
  isFinal,
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import type { ApiResponse } from '@sheaf/api/client'
import {
  conflict,
  isConflict,
  isNotFound,
  type Json,
  modifiedMeanwhile,
  notFound,
  type ObjectKey,
  StatusError,
} from '@sheaf/api/meta'
import type { ActionCall, RequestAction } from '@sheaf/machinery/kind'
import { platformActions } from '../platform-actions.ts'
import type { Ports } from '../ports.ts'
import { refusedVirtualMachineActions } from '../refused-actions.ts'
import { accepted, kubevirtActions, vmSubject as subject } from '../subresources.ts'
import { expandActions } from './expand-actions.ts'
import { decideRestart, decideStart, decideStop, type Effect } from './lifecycle.ts'
import { restartOptions, startOptions, stopOptions } from './lifecycle-options.ts'
import type { StateChangeRequest } from './state-change-requests.ts'

/** The shortest that still lets the guest's kernel be told. KubeVirt's figure for a forced restart. */
const forcedGraceSeconds = 1
/** Who loses so many races in a row is told to try later. */
const mostAttempts = 5

interface Request {
  effect: Effect
  /** How long the instance may take to shut down, where that is asked for. */
  graceSeconds: number | undefined
  dryRun: boolean
}

type Decide = (vm: VirtualMachine, vmi: VirtualMachineInstance | undefined) => Request

export function virtualMachineActions(ports: Pick<Ports, 'client'>): RequestAction[] {
  const verb = (action: string, decideOn: (call: ActionCall) => Decide): RequestAction => ({
    ...kubevirtActions,
    kind: 'request',
    plural: 'virtualmachines',
    action,
    method: 'PUT',
    run: (call) => carryOut({ namespace: call.namespace, name: call.name }, decideOn(call), ports),
  })
  return [
    verb('start', ({ body }) => {
      const { paused, dryRun } = startOptions(body)
      return (vm, vmi) => ({ effect: decideStart(vm, vmi, paused), graceSeconds: undefined, dryRun })
    }),
    verb('stop', ({ body }) => {
      const { gracePeriodSeconds, dryRun } = stopOptions(body)
      return (vm, vmi) => ({ effect: decideStop(vm, vmi, gracePeriodSeconds), graceSeconds: gracePeriodSeconds, dryRun })
    }),
    verb('restart', ({ body }) => {
      const { force, dryRun } = restartOptions(body)
      return (vm, vmi) => ({ effect: decideRestart(vm, vmi), graceSeconds: force ? forcedGraceSeconds : undefined, dryRun })
    }),
    ...expandActions(ports),
    ...refusedVirtualMachineActions(ports),
    ...platformActions(),
  ]
}

/** Looks, decides and writes, anew for as long as somebody else writes in between. */
async function carryOut(key: ObjectKey, decide: Decide, { client }: Pick<Ports, 'client'>): Promise<ApiResponse> {
  const vms = client.resource<VirtualMachine>(virtualMachineDefinition)
  const vmis = client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const vm = await vms.find(key)
    if (vm === undefined) throw notFound(subject, key.name)
    const vmi = await vmis.find(key)
    const { effect, graceSeconds, dryRun } = decide(vm, vmi)
    if (effect.kind === 'refuse') throw conflict(subject, key.name, effect.message)
    if (dryRun) return accepted
    if (!(await patchWins(() => vms.patch(key, ...patchFor(vm, effect))))) continue
    if (vmi !== undefined && !isFinal(vmi) && graceSeconds !== undefined) {
      // Last, so that a refused request changes nothing. The instance's controller looks at it for as long as it waits.
      await patchWins(() => vmis.patch(key, gracePatch(vmi, graceSeconds), json))
    }
    return accepted
  }
  throw conflict(subject, key.name, modifiedMeanwhile)
}

const json = { type: 'json' } as const

/** False when a `test` of the patch did not hold, the object changed under it or it is gone. */
async function patchWins(patch: () => Promise<unknown>): Promise<boolean> {
  try {
    await patch()
    return true
  } catch (error) {
    if (isConflict(error) || isNotFound(error) || isFailedTest(error)) return false
    throw error
  }
}

/** A patch that cannot be applied is answered 422, in words of its own and without naming a field. */
function isFailedTest(error: unknown): boolean {
  return error instanceof StatusError && error.code === 422 && error.message.startsWith('the server rejected our request')
}

type PatchArguments = [patch: Json, options: { type: 'json'; subresource?: string }]

function patchFor(vm: VirtualMachine, effect: Exclude<Effect, { kind: 'refuse' }>): PatchArguments {
  return effect.kind === 'setStrategy'
    ? [strategyPatch(vm, effect.strategy), json]
    : [requestsPatch(vm, effect.requests), { ...json, subresource: 'status' }]
}

/** A virtual machine that still speaks of `running` goes on doing so: both fields at once would be refused. */
export function strategyPatch({ spec }: VirtualMachine, strategy: 'Always' | 'Halted'): Json {
  const [path, before, after] =
    spec.running === undefined
      ? ['/spec/runStrategy', spec.runStrategy, strategy]
      : ['/spec/running', spec.running, strategy === 'Always']
  return [
    { op: 'test', path, value: before ?? null },
    { op: 'replace', path, value: after },
  ]
}

/** The uid: a new instance of the same name has nothing to do with it. */
function gracePatch(vmi: VirtualMachineInstance, seconds: number): Json {
  return [
    { op: 'test', path: '/metadata/uid', value: vmi.metadata.uid ?? '' },
    { op: 'add', path: '/spec/terminationGracePeriodSeconds', value: seconds },
  ]
}

function requestsPatch({ metadata, status }: VirtualMachine, requests: readonly StateChangeRequest[]): Json {
  const value = requests.map((request) => ({ ...request }))
  const test = { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion ?? '' }
  if (status === undefined) return [test, { op: 'add', path: '/status', value: { stateChangeRequests: value } }]
  const wipe = status.startFailure === undefined ? [] : [{ op: 'remove', path: '/status/startFailure' }]
  return [test, { op: 'add', path: '/status/stateChangeRequests', value }, ...wipe]
}
