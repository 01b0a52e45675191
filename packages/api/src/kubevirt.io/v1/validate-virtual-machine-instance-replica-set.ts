// KubeVirt's rules for a set of instances, as far as they need no other object.

import type { FieldError } from '../../meta/index.ts'
import { type AdmissionPolicy, defaultAdmissionPolicy } from './admission-policy.ts'
import { defaultVirtualMachineInstanceSpec } from './default-virtual-machine-instance.ts'
import { validateSelector } from './validate-selector.ts'
import { validateVirtualMachineInstanceSpec } from './validate-virtual-machine-instance-spec.ts'
import { validateMetadata } from './validation/metadata.ts'
import type { VirtualMachineInstanceReplicaSet } from './virtual-machine-instance-replica-set.ts'

/** What is wrong, in KubeVirt's words. `old` is what is stored, on update. */
export function validateVirtualMachineInstanceReplicaSet(
  { spec }: VirtualMachineInstanceReplicaSet,
  old: VirtualMachineInstanceReplicaSet | undefined,
  policy: AdmissionPolicy = defaultAdmissionPolicy,
): FieldError[] {
  const { metadata } = spec.template
  const template = defaultVirtualMachineInstanceSpec(spec.template.spec, policy)
  return [
    ...validateMetadata('spec.template.metadata', metadata ?? {}, policy),
    ...validateVirtualMachineInstanceSpec('spec.template.spec', template, policy),
    ...validateSelector(spec.selector, metadata?.labels, old?.spec.selector),
  ]
}
