// Leads one migration to its end: observe → decide → report → act one step. How far it is is seen in the machine, never remembered.

import { isDeepStrictEqual } from 'node:util'
import {
  type VirtualMachineInstance,
  type VirtualMachineInstanceMigration,
  virtualMachineInstanceDefinition,
  virtualMachineInstanceMigrationDefinition,
} from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { isBeingDeleted, keyOf, type ObjectKey, timestamp, withoutFinalizer } from '@sheaf/api/meta'
import { after, again, done, type Result } from '@sheaf/machinery/controller'
import { LaunchRefused, type Machine, MigrationRefused, NotRunning } from '@sheaf/qemu'
import type { MachinePorts, Ports } from '../ports.ts'
import { decideNextStep, type Step } from './decide.ts'
import { isOver, migrationFinalizer } from './migration.ts'
import { sentenceOf, statusOf } from './status.ts'

export type MigrationPorts = Ports & Pick<MachinePorts, 'nodeName' | 'hypervisor'>

interface Observed {
  instance: VirtualMachineInstance | undefined
  machine: Machine | undefined
  /** Of the same instance, the oldest first. */
  siblings: readonly VirtualMachineInstanceMigration[]
  othersUnderWay: number
}

/** While others are moved it waits for its turn; one of them tells when it is over, and this is for the case that none does. */
const waitForTurnMs = 1_000
/** KubeVirt's: so many of an instance's migrations that have ended are kept. */
const mostKept = 5

export async function reconcileMigration(key: ObjectKey, ports: MigrationPorts): Promise<Result> {
  const migration = await migrations(ports.client).find(key)
  if (migration === undefined) return done
  const observed = await observe(migration, ports)
  const { instance, othersUnderWay } = observed
  const step = decideNextStep(migration, { instance, move: observed.machine?.migration, othersUnderWay })
  const reported = await report(migration, observed, step, ports)
  return act(step, reported, observed, ports)
}

async function observe(migration: VirtualMachineInstanceMigration, ports: MigrationPorts): Promise<Observed> {
  const { namespace, uid } = migration.metadata
  const key = { namespace: namespace ?? '', name: migration.spec.vmiName ?? '' }
  const found = await ports.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find(key)
  // Another instance of this name is another machine.
  const owner = migration.metadata.ownerReferences?.find(({ kind }) => kind === 'VirtualMachineInstance')
  const instance = found?.metadata.uid === owner?.uid ? found : undefined
  const machine = owner === undefined ? undefined : await ports.hypervisor.find(owner.uid)
  const { items } = await migrations(ports.client).list({ namespace: key.namespace })
  const siblings = items.filter(({ spec }) => spec.vmiName === migration.spec.vmiName)
  if (isOver(migration)) return { instance, machine, siblings, othersUnderWay: 0 }
  const machines = await ports.hypervisor.list()
  const others = machines.filter(({ migration: move }) => move !== undefined && move.outcome === undefined && move.name !== uid)
  return { instance, machine, siblings, othersUnderWay: others.length }
}

async function report(
  migration: VirtualMachineInstanceMigration,
  { machine, instance }: Observed,
  step: Step,
  ports: MigrationPorts,
): Promise<VirtualMachineInstanceMigration> {
  const { clock, nodeName } = ports
  const status = statusOf(migration, { step, move: machine?.migration, nodeName, now: timestamp(clock) })
  if (isDeepStrictEqual(status, migration.status)) return migration
  const written = await migrations(ports.client).updateStatus({ ...migration, status })
  if (written.status?.phase !== migration.status?.phase) announce(written, instance, machine, ports)
  return written
}

function announce(
  migration: VirtualMachineInstanceMigration,
  instance: VirtualMachineInstance | undefined,
  machine: Machine | undefined,
  { events, nodeName }: MigrationPorts,
): void {
  switch (migration.status?.phase) {
    case 'Running':
      if (instance !== undefined)
        events.record(instance, { type: 'Normal', reason: 'Migrating', message: 'VirtualMachineInstance is migrating.' })
      return
    case 'Succeeded': {
      const what = machine?.migration === undefined ? '' : `: ${sentenceOf(machine.migration)}`
      events.record(migration, {
        type: 'Normal',
        reason: 'SuccessfulMigration',
        message: `Source node reported migration succeeded${what}`,
      })
      if (instance !== undefined)
        events.record(instance, {
          type: 'Normal',
          reason: 'Migrated',
          message: `The VirtualMachineInstance migrated to node ${nodeName}${what}`,
        })
      return
    }
    case 'Failed': {
      const why = migration.status.migrationState?.failureReason ?? 'nothing is known of it'
      const message = `Source node reported migration failed: ${why}`
      events.record(migration, { type: 'Warning', reason: 'FailedMigration', message })
      if (instance !== undefined) events.record(instance, { type: 'Warning', reason: 'Migrated', message: `it stays: ${why}` })
      return
    }
    default:
    // Nobody waits for news of the phases between.
  }
}

async function act(
  step: Step,
  migration: VirtualMachineInstanceMigration,
  observed: Observed,
  ports: MigrationPorts,
): Promise<Result> {
  switch (step.kind) {
    case 'begin':
      return begin(migration, observed, ports)
    case 'cancel':
      await ports.hypervisor.cancelMigration(observed.machine?.id ?? '')
      return again
    case 'wait':
      return step.isUnderWay ? done : after(waitForTurnMs)
    case 'conclude':
    case 'giveUp':
      return again
    case 'letGo':
      await letGo(migration, ports)
      return done
    case 'none':
      for (const old of surplus(observed.siblings)) await migrations(ports.client).delete(keyOf(old))
      return done
  }
}

async function begin(migration: VirtualMachineInstanceMigration, observed: Observed, ports: MigrationPorts): Promise<Result> {
  try {
    await ports.hypervisor.migrate(observed.instance?.metadata.uid ?? '', migration.metadata.uid ?? '')
    return again
  } catch (error) {
    if (error instanceof MigrationRefused && error.obstacle === 'UnderWay') return after(waitForTurnMs)
    const isRefusal = error instanceof MigrationRefused || error instanceof LaunchRefused || error instanceof NotRunning
    if (!isRefusal) throw error
    await report(migration, observed, { kind: 'giveUp', why: error.message }, ports)
    return again
  }
}

async function letGo(migration: VirtualMachineInstanceMigration, { client }: MigrationPorts): Promise<void> {
  await migrations(client).update(withoutFinalizer(migration, migrationFinalizer))
}

/** The oldest of those that have ended. */
function surplus(siblings: readonly VirtualMachineInstanceMigration[]): VirtualMachineInstanceMigration[] {
  const ended = siblings.filter((each) => isOver(each) && !isBeingDeleted(each))
  const born = ({ metadata }: VirtualMachineInstanceMigration): string => `${metadata.creationTimestamp} ${metadata.name}`
  return ended.toSorted((a, b) => (born(a) < born(b) ? -1 : 1)).slice(0, Math.max(0, ended.length - mostKept))
}

const migrations = (client: Client) => client.resource<VirtualMachineInstanceMigration>(virtualMachineInstanceMigrationDefinition)
