// Keeps so many instances for one set: observe → decide → report → act one step. What there is is asked of the server in
// each pass, never remembered: a process that died between two instances left one that the next process counts.

import {
  type VirtualMachineInstance,
  type VirtualMachineInstanceReplicaSet,
  virtualMachineInstanceDefinition,
  virtualMachineInstanceReplicaSetDefinition,
} from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { isBeingDeleted, keyOf, type ObjectKey, timestamp } from '@sheaf/api/meta'
import { after, again, done, type Result } from '@sheaf/machinery/controller'
import type { Ports } from '../ports.ts'
import { isPaused, type Trouble } from '../set-status.ts'
import { perform, textOf } from '../set-deed.ts'
import { adopted, released } from '../set-membership.ts'
import { decideNextStep, type Step } from './decide.ts'
import { deedsOf, type Work } from './deeds.ts'
import { statusOf } from './status.ts'

interface Observed {
  set: VirtualMachineInstanceReplicaSet
  /** All of the namespace. */
  vmis: readonly VirtualMachineInstance[]
}

export async function reconcileReplicaSet(key: ObjectKey, ports: Ports): Promise<Result> {
  const set = await sets(ports.client).find(key)
  if (set === undefined) return done
  const { items: vmis } = await instances(ports.client).list({ namespace: key.namespace })
  const step = decideNextStep(set, vmis, ports.clock.now())
  await act(step, { set: await report({ set, vmis }, step, ports), vmis }, ports)
  if (step.kind === 'waitUntil') return after(Math.max(0, step.timeMs - ports.clock.now()))
  return step.kind === 'none' ? done : again
}

/** Writes the status if it says anything new. Answers the set as it is now stored. */
async function report(
  { set, vmis }: Observed,
  step: Step,
  ports: Ports,
  trouble?: Trouble,
): Promise<VirtualMachineInstanceReplicaSet> {
  const pass = { step, now: timestamp(ports.clock), ...(trouble === undefined ? {} : { trouble }) }
  const status = statusOf(set, vmis, pass)
  if (status === set.status || status === undefined) return set
  const written = await sets(ports.client).updateStatus({ ...set, status })
  if (isPaused(written) !== isPaused(set)) {
    const event = isPaused(written)
      ? { reason: 'SuccessfulPaused', message: 'Paused' }
      : { reason: 'SuccessfulResumed', message: 'Resumed' }
    ports.events.record(written, { type: 'Normal', ...event })
  }
  return written
}

async function act(step: Step, observed: Observed, ports: Ports): Promise<void> {
  const { set } = observed
  switch (step.kind) {
    case 'none':
    case 'waitUntil':
      return
    case 'release':
      for (const vmi of step.instances) await instances(ports.client).update(released(vmi, set))
      return
    case 'adopt':
      // A set that is gone by now must not adopt: what belongs to nobody that is there is collected.
      if (!(await isStillThere(set, ports))) return
      for (const vmi of step.instances) await instances(ports.client).update(adopted(vmi, set))
      return
    case 'create':
    case 'deleteSurplus':
    case 'deleteEnded':
      return work(step, observed, ports)
  }
}

async function isStillThere(set: VirtualMachineInstanceReplicaSet, { client }: Ports): Promise<boolean> {
  const now = await sets(client).find(keyOf(set))
  return now !== undefined && now.metadata.uid === set.metadata.uid && !isBeingDeleted(now)
}

async function work(step: Work, observed: Observed, ports: Ports): Promise<void> {
  try {
    for (const deed of deedsOf(step, observed.set, ports.client)) await perform(deed, observed.set, ports.events)
  } catch (error) {
    const reason = step.kind === 'create' ? 'FailedCreate' : 'FailedDelete'
    await report(observed, step, ports, { reason, message: textOf(error) })
    throw error
  }
}

const sets = (client: Client) => client.resource<VirtualMachineInstanceReplicaSet>(virtualMachineInstanceReplicaSetDefinition)
const instances = (client: Client) => client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
