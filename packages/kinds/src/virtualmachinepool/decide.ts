// What is to happen next to a pool of virtual machines: one step at a time, each pass looks anew. The rules are
// docs/spec/sets.md.

import { effectiveRunStrategy, type VirtualMachine, type VirtualMachineInstance, type VirtualMachinePool } from '@sheaf/api'
import { isBeingDeleted, type Random } from '@sheaf/api/meta'
import { isReady } from '../is-ready.ts'
import { membershipOf, mostAtOnce, wantedReplicas } from '../set-membership.ts'
import { givenUpAtMs } from './healing.ts'
import { freeOrdinals } from './ordinals.ts'
import { isOutdatedInstance, isOutdatedMachine, revisionOf } from './revision.ts'
import { isSelected, selectMembers } from './selection.ts'

export type Step =
  | { kind: 'none' }
  /** Nothing now; a member that fails for long enough is given up. */
  | { kind: 'waitUntil'; timeMs: number }
  | { kind: 'release'; machines: readonly VirtualMachine[] }
  | { kind: 'scaleOut'; ordinals: readonly number[] }
  | { kind: 'scaleIn'; machines: readonly VirtualMachine[] }
  /** They do not come up: others take their numbers. */
  | { kind: 'heal'; machines: readonly VirtualMachine[] }
  /** They become what the template says now. Guests run on as they are. */
  | { kind: 'update'; machines: readonly VirtualMachine[] }
  /** Their guests become what their VMs say now. */
  | { kind: 'restart'; machines: readonly VirtualMachine[] }

export interface Observed {
  /** All of the namespace. */
  machines: readonly VirtualMachine[]
  instances: readonly VirtualMachineInstance[]
  nowMs: number
  random: Random
}

const none: Step = { kind: 'none' }

export function decideNextStep(pool: VirtualMachinePool, observed: Observed): Step {
  // What becomes of its members is the garbage collector's business.
  if (isBeingDeleted(pool)) return none
  const { members, strays } = membershipOf(pool, observed.machines)
  if (strays.length > 0) return { kind: 'release', machines: strays.slice(0, mostAtOnce) }
  if (pool.spec.paused === true) return none
  const live = members.filter((machine) => !isBeingDeleted(machine))
  return (
    decideHealing(pool, live, observed.nowMs) ??
    decideNumber(pool, members, live, observed) ??
    decideUpdate(pool, live) ??
    decideRestart(pool, live, observed) ??
    decideWait(pool, live)
  )
}

function decideHealing(pool: VirtualMachinePool, live: readonly VirtualMachine[], nowMs: number): Step | undefined {
  const lost = live.filter((machine) => (givenUpAtMs(pool, machine) ?? Number.POSITIVE_INFINITY) <= nowMs)
  return lost.length === 0 ? undefined : { kind: 'heal', machines: lost.slice(0, mostAtOnce) }
}

/** One that is on its way out still bears its name and still counts: its successor takes its number. */
function decideNumber(
  pool: VirtualMachinePool,
  members: readonly VirtualMachine[],
  live: readonly VirtualMachine[],
  { machines, random }: Observed,
): Step | undefined {
  const surplus = members.length - wantedReplicas(pool)
  if (surplus < 0) {
    const taken = new Set(machines.map(({ metadata }) => metadata.name ?? ''))
    return { kind: 'scaleOut', ordinals: freeOrdinals(pool, Math.min(-surplus, mostAtOnce), taken) }
  }
  const { opportunistic, unmanaged, proactive } = pool.spec.scaleInStrategy ?? {}
  if (opportunistic !== undefined || unmanaged !== undefined) return undefined
  const leaving = members.length - live.length
  const going = selectMembers(live, proactive?.selectionPolicy, random).slice(0, Math.max(0, surplus - leaving))
  return going.length === 0 ? undefined : { kind: 'scaleIn', machines: going.slice(0, mostAtOnce) }
}

function decideUpdate(pool: VirtualMachinePool, live: readonly VirtualMachine[]): Step | undefined {
  const revision = revisionOf(pool)
  const outdated = updatable(pool, live).filter((machine) => isOutdatedMachine(machine, revision))
  return outdated.length === 0 ? undefined : { kind: 'update', machines: outdated.slice(0, mostAtOnce) }
}

function updatable({ spec: { updateStrategy } }: VirtualMachinePool, live: readonly VirtualMachine[]): VirtualMachine[] {
  if (updateStrategy?.unmanaged !== undefined) return []
  return live.filter((machine) => isSelected(machine, updateStrategy?.proactive?.selectionPolicy?.selectors))
}

/** Who is not ready has nothing to lose; of the others no more than may be missing at a time. */
function decideRestart(
  pool: VirtualMachinePool,
  live: readonly VirtualMachine[],
  { instances, random }: Observed,
): Step | undefined {
  const { updateStrategy } = pool.spec
  if (updateStrategy?.opportunistic !== undefined) return undefined
  const byName = new Map(instances.map((instance) => [instance.metadata.name, instance]))
  const instanceOf = ({ metadata }: VirtualMachine) => byName.get(metadata.name)
  const outdated = updatable(pool, live).filter((machine) => isRestartDue(machine, instanceOf(machine)))
  const down = outdated.filter((machine) => !isAvailable(machine, instanceOf(machine)))
  if (down.length > 0) return { kind: 'restart', machines: down.slice(0, mostAtOnce) }
  const unavailable = live.filter((machine) => !isAvailable(machine, instanceOf(machine))).length
  const budget = Math.max(0, Math.min(mostUnavailable(pool) - unavailable, mostAtOnce))
  const next = selectMembers(outdated, updateStrategy?.proactive?.selectionPolicy, random).slice(0, budget)
  return next.length === 0 ? undefined : { kind: 'restart', machines: next }
}

/** A VM that is to run once, or not at all, is not started again for this; nor is one that is being restarted already. */
function isRestartDue(machine: VirtualMachine, instance: VirtualMachineInstance | undefined): boolean {
  if (instance === undefined || isBeingDeleted(instance) || !isOutdatedInstance(machine, instance)) return false
  const strategy = effectiveRunStrategy(machine.spec)
  const isRestartable = strategy === 'Always' || strategy === 'RerunOnFailure' || strategy === 'Manual'
  return isRestartable && !isChanging(machine)
}

const isChanging = ({ status }: VirtualMachine): boolean => (status?.stateChangeRequests ?? []).length > 0

function isAvailable(machine: VirtualMachine, instance: VirtualMachineInstance | undefined): boolean {
  if (instance === undefined || isBeingDeleted(instance) || isChanging(machine)) return false
  return instance.status?.phase === 'Running' && isReady(instance)
}

/** All of them when the pool does not say; at least one, or nothing would ever be updated. */
export function mostUnavailable(pool: VirtualMachinePool): number {
  const { maxUnavailable = '100%' } = pool.spec
  const number =
    typeof maxUnavailable === 'number'
      ? maxUnavailable
      : Math.floor((wantedReplicas(pool) * Number(maxUnavailable.replace('%', ''))) / 100)
  return Math.max(1, number)
}

function decideWait(pool: VirtualMachinePool, live: readonly VirtualMachine[]): Step {
  const times = live.flatMap((machine) => givenUpAtMs(pool, machine) ?? [])
  return times.length === 0 ? none : { kind: 'waitUntil', timeMs: Math.min(...times) }
}
