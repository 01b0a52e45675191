// Keeps so many virtual machines for one pool: observe → decide → report → act one step. Their names are the pool's and a
// number: whoever makes one twice meets the first.

import {
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachinePool,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
  virtualMachinePoolDefinition,
} from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { type ObjectKey, timestamp } from '@sheaf/api/meta'
import { after, again, done, type Result } from '@sheaf/machinery/controller'
import type { Ports } from '../ports.ts'
import { isPaused, type Trouble } from '../set-status.ts'
import { perform, textOf } from '../set-deed.ts'
import { released } from '../set-membership.ts'
import { decideNextStep, type Step } from './decide.ts'
import { deedsOf, type Work } from './deeds.ts'
import { statusOf } from './status.ts'

interface Observed {
  pool: VirtualMachinePool
  /** All of the namespace. */
  machines: readonly VirtualMachine[]
}

export async function reconcilePool(key: ObjectKey, ports: Ports): Promise<Result> {
  const pool = await pools(ports.client).find(key)
  if (pool === undefined) return done
  const { namespace } = key
  const [{ items: vms }, { items: instances }] = await Promise.all([
    machines(ports.client).list({ namespace }),
    ports.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).list({ namespace }),
  ])
  const step = decideNextStep(pool, { machines: vms, instances, nowMs: ports.clock.now(), random: ports.random })
  await act(step, { pool: await report({ pool, machines: vms }, step, ports), machines: vms }, ports)
  if (step.kind === 'waitUntil') return after(Math.max(0, step.timeMs - ports.clock.now()))
  return step.kind === 'none' ? done : again
}

/** Writes the status if it says anything new. Answers the pool as it is now stored. */
async function report(
  { pool, machines: vms }: Observed,
  step: Step,
  ports: Ports,
  trouble?: Trouble,
): Promise<VirtualMachinePool> {
  const pass = { step, now: timestamp(ports.clock), ...(trouble === undefined ? {} : { trouble }) }
  const status = statusOf(pool, vms, pass)
  if (status === pool.status || status === undefined) return pool
  const written = await pools(ports.client).updateStatus({ ...pool, status })
  if (isPaused(written) !== isPaused(pool)) {
    const event = isPaused(written)
      ? { reason: 'SuccessfulPaused', message: 'Pool is paused' }
      : { reason: 'SuccessfulResume', message: 'Pool is unpaused' }
    ports.events.record(written, { type: 'Normal', ...event })
  }
  return written
}

async function act(step: Step, observed: Observed, ports: Ports): Promise<void> {
  switch (step.kind) {
    case 'none':
    case 'waitUntil':
      return
    case 'release':
      for (const vm of step.machines) await machines(ports.client).update(released(vm, observed.pool))
      return
    case 'scaleOut':
    case 'scaleIn':
    case 'heal':
    case 'update':
    case 'restart':
      return work(step, observed, ports)
  }
}

/** How the failure of each is told: the reason of the condition, and what was being done. */
const failures: Readonly<Record<Work['kind'], { reason: string; during: string }>> = {
  scaleOut: { reason: 'FailedScaleOut', during: 'error during scale out' },
  scaleIn: { reason: 'FailedScaleIn', during: 'error during scale in' },
  heal: { reason: 'FailedScaleIn', during: 'error during scale in' },
  update: { reason: 'FailedUpdate', during: 'error during VM update' },
  restart: { reason: 'FailedUpdate', during: 'error during VMI update' },
}

async function work(step: Work, observed: Observed, ports: Ports): Promise<void> {
  try {
    for (const deed of deedsOf(step, observed.pool, ports.client)) await perform(deed, observed.pool, ports.events)
  } catch (error) {
    const { reason, during } = failures[step.kind]
    await report(observed, step, ports, { reason, message: `${during}: ${textOf(error)}` })
    throw error
  }
}

const pools = (client: Client) => client.resource<VirtualMachinePool>(virtualMachinePoolDefinition)
const machines = (client: Client) => client.resource<VirtualMachine>(virtualMachineDefinition)
