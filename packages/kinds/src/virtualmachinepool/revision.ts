// Which state of the template a member is made of, told by a label with the template's fingerprint. Two fingerprints,
// because a change of the VM alone (its strategy, its labels) is no reason to restart the guest.

import { createHash } from 'node:crypto'
import type { VirtualMachine, VirtualMachineInstance, VirtualMachinePool } from '@sheaf/api'
import { isJsonObject, type Json, type ObjectMeta } from '@sheaf/api/meta'

/** KubeVirt's, on VMs and on instances. */
export const revisionLabel = 'kubevirt.io/vm-pool-revision-name'

export interface Revision {
  /** Of everything that a member is made of. */
  machine: string
  /** Of what its instance is made of. */
  instance: string
}

export function revisionOf({ spec: { virtualMachineTemplate, nameGeneration } }: VirtualMachinePool): Revision {
  const { metadata, spec } = virtualMachineTemplate
  const { template, ...machine } = spec
  const instance = { metadata: marksOf(template.metadata), spec: template.spec, nameGeneration }
  return {
    machine: fingerprint({ metadata: marksOf(metadata), spec: machine, instance }),
    instance: fingerprint(instance),
  }
}

/** Made of an older state of the template, or of none that we know. */
export function isOutdatedMachine(machine: VirtualMachine, revision: Revision): boolean {
  return machine.metadata.labels?.[revisionLabel] !== revision.machine
}

/** The instance runs what its VM no longer says. */
export function isOutdatedInstance(machine: VirtualMachine, instance: VirtualMachineInstance): boolean {
  return instance.metadata.labels?.[revisionLabel] !== machine.spec.template.metadata?.labels?.[revisionLabel]
}

/** What of a template's metadata reaches those who are made of it. Clients fill in the rest as they like. */
function marksOf(metadata: ObjectMeta | null | undefined) {
  return { labels: metadata?.labels ?? {}, annotations: metadata?.annotations ?? {} }
}

/** Long enough that two states of one template do not meet by chance, short enough to be read in a column. */
const digits = 16

/**
 * The same for two that say the same, whatever the order of their keys. It is stored with every member: another way to
 * take it would restart every guest of every pool.
 */
function fingerprint(value: object): string {
  return createHash('sha256')
    .update(canonical(value as Json))
    .digest('hex')
    .slice(0, digits)
}

function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value ?? null)
  const entries = Object.entries(value).filter(([, each]) => each !== undefined && each !== null)
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
}
