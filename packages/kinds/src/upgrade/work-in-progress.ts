// What is under way that an upgrade would cut in two. Kinds that this server does not serve itself may be somebody's own
// definitions: discovery tells whether there are any.

import {
  type VirtualMachineImage,
  type VirtualMachineInstanceMigration,
  virtualMachineImageDefinition,
  virtualMachineInstanceMigrationDefinition,
  upgradeLabels,
} from '@sheaf/api'
import { type Client, servedKinds, walkStored } from '@sheaf/api/client'
import { type ApiObject, findCondition, isJsonObject, type Json, keyOf, keyText } from '@sheaf/api/meta'

interface Work {
  group: string
  kind: string
  hasEnded: (status: { [field: string]: Json | undefined }) => boolean
}

const inPhase =
  (...phases: readonly string[]): Work['hasEnded'] =>
  ({ phase }) =>
    typeof phase === 'string' && phases.includes(phase)
const isTold =
  (field: string): Work['hasEnded'] =>
  (status) =>
    status[field] === true
const hasFailed: Work['hasEnded'] = ({ error }) => isJsonObject(error)
const either =
  (...ends: readonly Work['hasEnded'][]): Work['hasEnded'] =>
  (status) =>
    ends.some((hasEnded) => hasEnded(status))

const kubevirtEnds = inPhase('Succeeded', 'Failed')

/** As their controllers say that they have ended. */
export const lengthyWork: readonly Work[] = [
  { group: 'kubevirt.io', kind: virtualMachineInstanceMigrationDefinition.kind, hasEnded: kubevirtEnds },
  { group: 'harvesterhci.io', kind: 'VirtualMachineBackup', hasEnded: either(isTold('readyToUse'), hasFailed) },
  { group: 'harvesterhci.io', kind: 'VirtualMachineRestore', hasEnded: isTold('complete') },
  { group: 'snapshot.kubevirt.io', kind: 'VirtualMachineSnapshot', hasEnded: either(isTold('readyToUse'), kubevirtEnds) },
  { group: 'snapshot.kubevirt.io', kind: 'VirtualMachineRestore', hasEnded: isTold('complete') },
  { group: 'clone.kubevirt.io', kind: 'VirtualMachineClone', hasEnded: kubevirtEnds },
  // One that is ready is only offered; whoever downloads it may do so again.
  { group: 'export.kubevirt.io', kind: 'VirtualMachineExport', hasEnded: inPhase('Ready', 'Terminated', 'Skipped') },
  { group: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', hasEnded: either(isTold('readyToUse'), hasFailed) },
]

/** Each with its Kind: `VirtualMachineBackup default/nightly`. */
export async function workInProgress(client: Client): Promise<string[]> {
  const wanted = lengthyWork.map(({ group, kind }) => ({ group, kinds: [kind] }))
  const { resources } = await servedKinds(client, wanted)
  const { kept } = await walkStored(client, resources, {}, (object, { group, kind }) =>
    lengthyWork.some((work) => work.group === group && work.kind === kind && !work.hasEnded(statusOf(object)))
      ? [`${kind} ${keyText(keyOf(object))}`]
      : [],
  )
  return kept
}

function statusOf(object: ApiObject): { [field: string]: Json | undefined } {
  const { status } = object as ApiObject & Pick<VirtualMachineInstanceMigration, 'status'>
  return isJsonObject(status as Json) ? (status as { [field: string]: Json | undefined }) : {}
}

/** `namespace/name`; those of an upgrade are its own business. */
export async function imagesArriving(client: Client): Promise<string[]> {
  const { items } = await client.resource<VirtualMachineImage>(virtualMachineImageDefinition).list()
  return items
    .filter(
      ({ metadata, status }) =>
        metadata.labels?.[upgradeLabels.upgrade] === undefined &&
        findCondition(status?.conditions, 'Imported')?.status === 'Unknown',
    )
    .map((image) => keyText(keyOf(image)))
}
