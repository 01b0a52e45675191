// The guests that an older QEMU runs, moved to the one that is installed: one after the other, by migrations as anybody could make
// them. The release has proved itself: nothing here turns the way round, and a guest that cannot be moved is told of.

import {
  isFinal,
  upgradeDefinition,
  type VirtualMachineInstance,
  type VirtualMachineInstanceMigration,
  virtualMachineInstanceDefinition,
  virtualMachineInstanceMigrationDefinition,
} from '@sheaf/api'
import { type Clock, isAlreadyExists, isBeingDeleted, type ObjectKey, StatusError } from '@sheaf/api/meta'
import { isOver } from '../../virtualmachineinstancemigration/migration.ts'
import type { GuestMoves } from '../journal.ts'
import { componentLabels } from '../names.ts'
import { type OlderMachine, machinesOnOlderQemu } from '../on-older-qemu.ts'
import { type Pass, taskStation } from '../station.ts'
import type { TaskWorld } from '../tasks.ts'
import { wishOf } from '../wish.ts'

/** A move takes half a second and more; each look is a request. */
const lookEveryMs = 250

export const guestsStation = taskStation('guests', async (pass, world) => ({ moves: await moveGuests(pass, world) }))

async function moveGuests(pass: Pass, { signal, progress }: TaskWorld): Promise<GuestMoves> {
  const waiting = await machinesOnOlderQemu(pass.ports)
  const all = [...(await movedBefore(pass)), ...waiting.map(({ name }) => name)]
  const of = new Set(all).size
  const left: GuestMoves['left'][number][] = []
  for (const machine of waiting) {
    progress({ done: of - waiting.length + waiting.indexOf(machine), of, unit: 'guests' })
    const why = (await isAborted(pass)) ? 'it was asked to move no more guests' : await moveOne(machine, pass, signal)
    if (why !== undefined) left.push({ name: machine.name, why })
  }
  // Also those that were moved by a process that has ended meanwhile: what was moved is seen in the machines.
  return { moved: await movesSeen(pass), left }
}

/** Why it was not moved; undefined when it was, or has ended by itself. */
async function moveOne(machine: OlderMachine, pass: Pass, signal: AbortSignal): Promise<string | undefined> {
  const { client, clock } = pass.ports
  const instance = await instanceOf(machine, pass)
  if (instance === undefined) return undefined
  const key = { namespace: instance.metadata.namespace ?? '', name: migrationName(pass, machine.id) }
  try {
    await migrations(client).create(migrationOf(instance, key, pass))
  } catch (error) {
    if (!isAlreadyExists(error)) {
      if (error instanceof StatusError) return error.message
      throw error
    }
  }
  for (;;) {
    const migration = await migrations(client).find(key)
    if (migration === undefined) return 'its migration was deleted'
    if (isOver(migration)) return migration.status?.phase === 'Succeeded' ? undefined : failureOf(migration)
    if (signal.aborted) return 'it was given up'
    await passTime(lookEveryMs, clock, signal)
  }
}

const failureOf = ({ status }: VirtualMachineInstanceMigration): string =>
  status?.migrationState?.failureReason ?? 'its migration has failed'

async function instanceOf(
  { id, name }: Pick<OlderMachine, 'id' | 'name'>,
  { ports }: Pass,
): Promise<VirtualMachineInstance | undefined> {
  const [namespace = '', own = ''] = name.split('/')
  const key: ObjectKey = { namespace, name: own }
  const found = await ports.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find(key)
  const isIt = found !== undefined && found.metadata.uid === id && !isFinal(found) && !isBeingDeleted(found)
  return isIt ? found : undefined
}

/** The same for whoever goes on with this upgrade. */
const migrationName = ({ upgrade }: Pass, id: string): string => `${upgrade.metadata.name ?? ''}-${id.slice(0, 8)}`

function migrationOf(
  { metadata }: VirtualMachineInstance,
  key: { namespace: string; name: string },
  { upgrade }: Pass,
): VirtualMachineInstanceMigration {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceMigration',
    metadata: { ...key, labels: componentLabels(upgrade.metadata.name ?? '', 'guests') },
    spec: { vmiName: metadata.name ?? '' },
  }
}

async function movedBefore(pass: Pass): Promise<string[]> {
  return (await movesSeen(pass)).map(({ name }) => name)
}

/** What this upgrade has moved, by the machines themselves, in the order of their names. */
async function movesSeen(pass: Pass): Promise<GuestMoves['moved'][number][]> {
  const { items } = await migrations(pass.ports.client).list()
  const own = new Set(
    items.filter((each) => each.metadata.name === migrationNameOf(each, pass)).map(({ metadata }) => metadata.uid),
  )
  const moved = (await pass.ports.hypervisor.list()).flatMap(({ plan, migration }) => {
    if (migration?.outcome?.kind !== 'succeeded' || !own.has(migration.name)) return []
    const { fromVersion: from, toVersion: to, outcome } = migration
    const { pausedMs } = outcome
    return [{ name: plan.name.replace('_', '/'), from, to, ...(pausedMs === undefined ? {} : { pausedMs }) }]
  })
  return moved.sort((one, other) => (one.name < other.name ? -1 : 1))
}

function migrationNameOf({ metadata }: VirtualMachineInstanceMigration, pass: Pass): string | undefined {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'VirtualMachineInstance')
  return owner && migrationName(pass, owner.uid)
}

/** Of the upgrade as it is now: the task began with an older one. */
async function isAborted({ ports, key, upgrade }: Pass): Promise<boolean> {
  const now = (await ports.client.resource<typeof upgrade>(upgradeDefinition).find(key)) ?? upgrade
  return wishOf(now, { nodeName: ports.nodeName, isAtSwitch: false }).aborted
}

function passTime(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, resolve)
    signal.addEventListener(
      'abort',
      () => {
        timer.cancel()
        resolve()
      },
      { once: true },
    )
  })
}

const migrations = (client: Pass['ports']['client']) =>
  client.resource<VirtualMachineInstanceMigration>(virtualMachineInstanceMigrationDefinition)
