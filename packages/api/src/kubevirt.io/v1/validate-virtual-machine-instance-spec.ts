// KubeVirt's rules for a machine, in KubeVirt's order and words. The schema has been checked before.

import type { FieldError } from '../../meta/index.ts'
import { type AdmissionPolicy, defaultAdmissionPolicy } from './admission-policy.ts'
import { validateAccessCredentials } from './validation/access-credentials.ts'
import { validateBootOrder } from './validation/boot-order.ts'
import { validateCpu } from './validation/cpu.ts'
import { validateDedicatedCpus } from './validation/dedicated-cpus.ts'
import {
  validateEnlightenments,
  validateGatedDevices,
  validateHostDevices,
  validateInputDevices,
  validateIoThreads,
  validateLaunchSecurity,
  validatePanicDevices,
  validateSound,
  validateVideo,
} from './validation/devices.ts'
import { validateDisks, validateDisksHaveVolumes, validateVolumesHaveDisks } from './validation/disks.ts'
import { validateArchitecture, validateFirmware, validateMachineType } from './validation/firmware.ts'
import { validateDiscontinuedBindings, validateInterfaces } from './validation/interfaces.ts'
import {
  validateDns,
  validateEvictionStrategy,
  validateNames,
  validateRebootPolicy,
  validateStartStrategy,
} from './validation/life.ts'
import { validateMemory, validateMemoryIsGiven } from './validation/memory.ts'
import { validateMetadata } from './validation/metadata.ts'
import { validateNetworkPairs, validateNetworks } from './validation/networks.ts'
import { validatePlacement } from './validation/placement.ts'
import { validateProbes } from './validation/probes.ts'
import type { SpecRule } from './validation/rule.ts'
import { validateVolumes } from './validation/volumes.ts'
import type { VirtualMachineInstance } from './virtual-machine-instance.ts'
import type { VirtualMachineInstanceSpec } from './virtual-machine-instance-spec.ts'

/** The rules for templates and instances alike. */
const rules: readonly SpecRule[] = [
  validateNames,
  validateMemory,
  validateMachineType,
  validateCpu,
  validateDedicatedCpus,
  validateStartStrategy,
  validateNetworks,
  validateInterfaces,
  validateNetworkPairs,
  validateDisksHaveVolumes,
  validateBootOrder,
  validateInputDevices,
  validateIoThreads,
  validateProbes,
  validateDisks,
  validateFirmware,
  validateVolumes,
  validateAccessCredentials,
  validateDns,
  validateEvictionStrategy,
  validateHostDevices,
  validateSound,
  validateLaunchSecurity,
  validateGatedDevices,
  validateVideo,
  validatePanicDevices,
  validateRebootPolicy,
  validatePlacement,
]

/** The rules that hold only for what is about to run. */
const instanceRules: readonly SpecRule[] = [
  validateVolumesHaveDisks,
  validateMemoryIsGiven,
  validateEnlightenments,
  validateArchitecture,
]

/** `path` is where the spec stands: `spec`, or `spec.template.spec`. Defaults have been filled in before. */
export function validateVirtualMachineInstanceSpec(
  path: string,
  spec: VirtualMachineInstanceSpec,
  policy: AdmissionPolicy = defaultAdmissionPolicy,
): FieldError[] {
  return rules.flatMap((rule) => rule(path, spec, policy))
}

/** For the creation of an instance, whose spec nobody may change later. Defaults have been filled in before. */
export function validateVirtualMachineInstance(
  instance: VirtualMachineInstance,
  policy: AdmissionPolicy = defaultAdmissionPolicy,
): FieldError[] {
  const { metadata, spec } = instance
  return [
    ...validateDiscontinuedBindings('spec', spec, policy),
    ...validateVirtualMachineInstanceSpec('spec', spec, policy),
    ...instanceRules.flatMap((rule) => rule('spec', spec, policy)),
    ...validateMetadata('metadata', metadata, policy),
  ]
}
