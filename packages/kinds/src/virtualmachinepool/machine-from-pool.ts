// The virtual machine that a pool makes of its template for one of its numbers.

import { runStrategyOfRunning, type VirtualMachine, type VirtualMachinePool, type VirtualMachineSpec } from '@sheaf/api'
import { ownerReferenceTo } from '../set-membership.ts'
import { memberName, ordinalOf } from './ordinals.ts'
import { revisionLabel, revisionOf } from './revision.ts'

type Volume = NonNullable<VirtualMachineSpec['template']['spec']['volumes']>[number]

export function machineFromPool(pool: VirtualMachinePool, ordinal: number): VirtualMachine {
  const { metadata } = pool.spec.virtualMachineTemplate
  const revision = revisionOf(pool)
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: {
      name: memberName(pool, ordinal),
      namespace: pool.metadata.namespace ?? '',
      labels: { ...metadata?.labels, [revisionLabel]: revision.machine },
      ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ownerReferences: [ownerReferenceTo(pool)],
    },
    spec: withRevision(specFor(pool, ordinal), revision.instance),
  }
}

/**
 * The member as the template wants it now. What it was given once and for all stays: a guest binds licences and host keys
 * to its uuid and serial number.
 */
export function updatedMachine(pool: VirtualMachinePool, machine: VirtualMachine): VirtualMachine {
  const wanted = machineFromPool(pool, ordinalOf(machine) ?? 0)
  const { labels, annotations } = wanted.metadata
  const { annotations: _before, ...metadata } = machine.metadata
  return {
    ...machine,
    metadata: { ...metadata, ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) },
    spec: withIdentityOf(machine.spec, wanted.spec),
  }
}

function withIdentityOf(before: VirtualMachineSpec, wanted: VirtualMachineSpec): VirtualMachineSpec {
  const { domain, architecture } = before.template.spec
  const { template } = wanted
  const { uuid, serial } = domain.firmware ?? {}
  const firmware = { ...template.spec.domain.firmware, ...(uuid ? { uuid } : {}), ...(serial ? { serial } : {}) }
  const machine = template.spec.domain.machine ?? domain.machine
  return {
    ...wanted,
    template: {
      ...template,
      spec: {
        ...template.spec,
        ...(template.spec.architecture || architecture === undefined ? {} : { architecture }),
        domain: { ...template.spec.domain, firmware, ...(machine === undefined ? {} : { machine }) },
      },
    },
  }
}

function withRevision(spec: VirtualMachineSpec, revision: string): VirtualMachineSpec {
  const { template } = spec
  const metadata = { ...template.metadata, labels: { ...template.metadata?.labels, [revisionLabel]: revision } }
  return { ...spec, template: { ...template, metadata } }
}

/** The template's spec with the number in the names of what each member has for itself. */
function specFor({ spec: { virtualMachineTemplate, nameGeneration } }: VirtualMachinePool, ordinal: number): VirtualMachineSpec {
  const { running, ...spec } = virtualMachineTemplate.spec
  const own = (name: string): string => `${name}-${ordinal}`
  const templates = new Set((spec.dataVolumeTemplates ?? []).map(({ metadata }) => metadata?.name))
  const claim = (name: string): string => (templates.has(name) ? own(name) : name)
  const configMap = nameGeneration?.appendIndexToConfigMapRefs === true ? own : same
  const secret = nameGeneration?.appendIndexToSecretRefs === true ? own : same
  const volumes = spec.template.spec.volumes?.map((volume) => renamed(volume, { claim, configMap, secret }))
  return {
    ...spec,
    // Nobody here writes the deprecated field, whoever wrote it into the template.
    ...(running === undefined ? {} : { runStrategy: runStrategyOfRunning(running) }),
    ...(spec.dataVolumeTemplates === undefined
      ? {}
      : {
          dataVolumeTemplates: spec.dataVolumeTemplates.map((each) => ({
            ...each,
            metadata: { ...each.metadata, name: own(each.metadata?.name ?? '') },
          })),
        }),
    template: {
      ...spec.template,
      spec: { ...spec.template.spec, ...(volumes === undefined ? {} : { volumes }) },
    },
  }
}

const same = (name: string): string => name

type Rename = (name: string) => string

function renamed(volume: Volume, { claim, configMap, secret }: Record<'claim' | 'configMap' | 'secret', Rename>): Volume {
  const { persistentVolumeClaim, dataVolume, cloudInitNoCloud, cloudInitConfigDrive } = volume
  const cloudInit = <T extends NonNullable<Volume['cloudInitNoCloud']>>(source: T): T => ({
    ...source,
    ...referenceTo('secretRef', source.secretRef, secret),
    ...referenceTo('networkDataSecretRef', source.networkDataSecretRef, secret),
  })
  return {
    ...volume,
    ...(persistentVolumeClaim && {
      persistentVolumeClaim: { ...persistentVolumeClaim, claimName: claim(persistentVolumeClaim.claimName) },
    }),
    ...(dataVolume && { dataVolume: { ...dataVolume, name: claim(dataVolume.name) } }),
    ...referenceTo('configMap', volume.configMap, configMap),
    ...(volume.secret?.secretName && { secret: { ...volume.secret, secretName: secret(volume.secret.secretName) } }),
    ...(cloudInitNoCloud && { cloudInitNoCloud: cloudInit(cloudInitNoCloud) }),
    ...(cloudInitConfigDrive && { cloudInitConfigDrive: cloudInit(cloudInitConfigDrive) }),
  }
}

function referenceTo<K extends string, T extends { name?: string }>(key: K, reference: T | undefined, rename: Rename) {
  return reference?.name ? { [key]: { ...reference, name: rename(reference.name) } } : {}
}
