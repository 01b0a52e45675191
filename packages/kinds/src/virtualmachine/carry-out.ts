// From what is decided about a virtual machine to what is written: the strategy into its spec, or requests into its status.

import {
  isFinal,
  type RunStrategy,
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import type { ApiResponse } from '@sheaf/api/client'
import { conflict, isConflict, isNotFound, type Json, modifiedMeanwhile, notFound, StatusError } from '@sheaf/api/meta'
import type { ActionCall } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import { accepted, vmSubject as subject } from '../subresources.ts'
import type { Effect } from './lifecycle.ts'
import type { StateChangeRequest } from './state-change-requests.ts'

export interface Request {
  effect: Effect
  /** How long the instance may take to shut down, where that is asked for. */
  graceSeconds?: number | undefined
  dryRun: boolean
}

export type Decide = (vm: VirtualMachine, vmi: VirtualMachineInstance | undefined) => Request

/** Who loses so many races in a row is told to try later. */
const mostAttempts = 5

/** Looks, decides and writes, anew for as long as somebody else writes in between. */
export async function carryOut(
  { namespace, name }: ActionCall,
  decide: Decide,
  { client }: Pick<Ports, 'client'>,
): Promise<ApiResponse> {
  const vms = client.resource<VirtualMachine>(virtualMachineDefinition)
  const vmis = client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  const key = { namespace, name }
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
export function strategyPatch({ spec }: VirtualMachine, strategy: RunStrategy): Json {
  const [path, before, after] =
    spec.running === undefined
      ? ['/spec/runStrategy', spec.runStrategy, strategy]
      : ['/spec/running', spec.running, strategy !== 'Halted']
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
