// What holds at every rest, whatever has happened: between objects and machines, and within each object.

import { findCondition } from '@sheaf/api/meta'
import type { Machine } from '@sheaf/qemu'
import type { Sight, View } from './observe.ts'

/** Sentences about what does not hold. */
export function breachesIn(view: View): string[] {
  const uids = new Set([...view.bySlot.values()].map(({ vmi }) => vmi?.metadata.uid))
  const strays = view.machines
    .filter(({ id }) => !uids.has(id))
    .map(({ id, plan }) => `${plan.name}: machine ${id} has no instance`)
  return [
    ...strays,
    ...twins(view.machines),
    ...[...view.bySlot].flatMap(([slot, sight]) => inSlot(sight).map((text) => `${slot}: ${text}`)),
  ]
}

function twins(machines: readonly Machine[]): string[] {
  const names = machines.filter(({ state }) => state.kind === 'running').map(({ plan }) => plan.name)
  return names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name}: two machines run`)
}

function inSlot(sight: Sight): string[] {
  const claims = [...instanceClaims(sight), ...machineClaims(sight)]
  return claims.filter(([holds]) => !holds).map(([, text]) => text)
}

type Claim = readonly [holds: boolean, otherwise: string]

function instanceClaims({ vm, vmi, machine }: Sight): Claim[] {
  if (vm === undefined) return []
  const { status = {}, metadata } = vm
  const isUsable = machine?.state.kind === 'running' && !machine.state.paused
  const mirrors = (type: string): boolean =>
    findCondition(status.conditions, type)?.status === findCondition(vmi?.status?.conditions, type)?.status
  return [
    [status.created === (vmi === undefined ? undefined : true), `created is ${status.created}`],
    [
      status.ready === (isUsable ? true : undefined),
      `ready is ${status.ready} while the machine ${isUsable ? 'runs' : 'does not run, or is paused'}`,
    ],
    [findCondition(status.conditions, 'Ready')?.status === (isUsable ? 'True' : 'False'), 'the Ready condition is not the truth'],
    [findCondition(status.conditions, 'Failure') === undefined, 'a Failure condition stays'],
    [mirrors('Paused') && mirrors('Synchronized'), 'conditions differ from those of the instance'],
    [(status.observedGeneration ?? 0) <= (metadata.generation ?? 0), 'a generation was observed that is still to come'],
    [vmi === undefined || vmi.metadata.ownerReferences?.[0]?.uid === metadata.uid, 'the instance belongs to somebody else'],
    [vmi === undefined || status.stateChangeRequests === undefined, 'a request waits although there is an instance'],
  ]
}

function machineClaims({ vmi, machine }: Sight): Claim[] {
  if (vmi === undefined) return []
  const phase = vmi.status?.phase ?? ''
  const state = machine?.state
  const isPaused = state?.kind === 'running' && state.paused
  const phases = {
    none: ['Pending', 'Scheduling', 'Scheduled'],
    prepared: ['Scheduled'],
    running: ['Running'],
    exited: ['Succeeded', 'Failed'],
  }[state?.kind ?? 'none']
  return [
    [phases.includes(phase), `phase ${phase}, and the machine is ${state?.kind ?? 'not there'}`],
    [(findCondition(vmi.status?.conditions, 'Paused')?.status === 'True') === isPaused, 'the Paused condition is not the truth'],
    [(vmi.metadata.finalizers ?? []).length > 0, 'nobody holds the instance'],
  ]
}
