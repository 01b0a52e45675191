// The instance that a virtual machine makes of its template, and what the instance remembers of it.

import { isFinal, type VirtualMachine, type VirtualMachineInstance, type VirtualMachineInstanceSpec } from '@sheaf/api'
import type { OwnerReference } from '@sheaf/api/meta'
import { changedFields } from './changed-fields.ts'
import { legacyFirmwareUuid } from './legacy-firmware-uuid.ts'
import { controllerFinalizer } from './observed-instance.ts'

export const generationAnnotation = 'kubevirt.io/vm-generation'
/**
 * The template's spec as it was at the start. Comparing the running instance itself with the template would blame the
 * user for every default that was filled in.
 */
export const originAnnotation = 'sheaf.io/template-spec'

export function instanceFromTemplate(vm: VirtualMachine, start: { paused: boolean }): VirtualMachineInstance {
  const { metadata, spec } = vm.spec.template
  const name = vm.metadata.name ?? ''
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: {
      name,
      namespace: vm.metadata.namespace ?? '',
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: {
        ...metadata?.annotations,
        [generationAnnotation]: String(vm.metadata.generation ?? 0),
        [originAnnotation]: JSON.stringify(spec),
      },
      ownerReferences: [controllerReference(vm)],
      finalizers: [controllerFinalizer],
    },
    spec: {
      ...withFirmwareUuid(spec, name),
      ...(start.paused ? { startStrategy: 'Paused' } : {}),
    },
  }
}

export function controllerReference(vm: VirtualMachine): OwnerReference {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    name: vm.metadata.name ?? '',
    uid: vm.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** The guest must meet the same machine at every start, also when the template does not name it. */
function withFirmwareUuid(spec: VirtualMachineInstanceSpec, name: string): VirtualMachineInstanceSpec {
  if (spec.domain.firmware?.uuid) return spec
  const firmware = { ...spec.domain.firmware, uuid: legacyFirmwareUuid(name) }
  return { ...spec, domain: { ...spec.domain, firmware } }
}

/** Paths in the template's spec that differ from what the instance was made of. */
export function fieldsChangedSinceStart(vm: VirtualMachine, vmi: VirtualMachineInstance): string[] {
  const origin = originOf(vmi)
  return origin === undefined ? [] : changedFields(origin, vm.spec.template.spec)
}

/** Undefined for an adopted instance, and where somebody has edited the annotation beyond recognition. */
function originOf(vmi: VirtualMachineInstance): unknown {
  try {
    return JSON.parse(vmi.metadata.annotations?.[originAnnotation] ?? '')
  } catch {
    return undefined
  }
}

/** The generation that the instance is made of. */
export function instanceGeneration(vmi: VirtualMachineInstance): number | undefined {
  const generation = Number(vmi.metadata.annotations?.[generationAnnotation] ?? Number.NaN)
  return Number.isInteger(generation) ? generation : undefined
}

/** Whether the VM moved on to a generation whose template is the one that the instance was made of. */
export function isOutOfDateOnlyByNumber(vm: VirtualMachine, vmi: VirtualMachineInstance): boolean {
  if (isFinal(vmi) || originOf(vmi) === undefined) return false
  return instanceGeneration(vmi) !== vm.metadata.generation && fieldsChangedSinceStart(vm, vmi).length === 0
}
