// KubeVirt's rules for a VirtualMachine, as far as they need no other object.

import { runningExcludesRunStrategy } from '../../deprecation/rules/running.ts'
import { type FieldError, isBeingDeleted } from '../../meta/index.ts'
import { type AdmissionPolicy, defaultAdmissionPolicy } from './admission-policy.ts'
import { defaultVirtualMachineInstanceSpec } from './default-virtual-machine-instance.ts'
import { isRunStrategy, type RunState } from './run-strategy.ts'
import { validateVirtualMachineInstanceSpec } from './validate-virtual-machine-instance-spec.ts'
import { validateSockets } from './validation/cpu.ts'
import { validateDataVolumeTemplates } from './validation/data-volume-templates.ts'
import { validateDiscontinuedBindings } from './validation/interfaces.ts'
import { validateMetadata } from './validation/metadata.ts'
import { hasGate, invalid, required, when } from './validation/rule.ts'
import type { VirtualMachine, VirtualMachineSpec } from './virtual-machine.ts'

/**
 * What is wrong, in KubeVirt's words. The template is looked at as it will run: with its defaults, on a copy. A machine
 * that is being deleted is let through, so that its finalizers can go. `isNew` is true for CREATE.
 */
export function validateVirtualMachine(
  machine: VirtualMachine,
  policy: AdmissionPolicy = defaultAdmissionPolicy,
  { isNew = true }: { isNew?: boolean } = {},
): FieldError[] {
  if (isBeingDeleted(machine)) return []
  return validateVirtualMachineSpec('spec', machine.spec, policy, { isNew })
}

/** `path` is where the spec stands: `spec`, or `spec.virtualMachineTemplate.spec` in a pool. */
export function validateVirtualMachineSpec(
  path: string,
  spec: VirtualMachineSpec,
  policy: AdmissionPolicy,
  { isNew }: { isNew: boolean },
): FieldError[] {
  // A schema that was not asked lets this through.
  if ((spec.template as unknown) === undefined) return [required(`${path}.template`, 'missing virtual machine template.')]
  const template = defaultVirtualMachineInstanceSpec(spec.template.spec, policy)
  // On these KubeVirt says no more, and leaves `template.spec` out of the path.
  const discontinued = isNew ? validateDiscontinuedBindings(path, template, policy) : []
  if (discontinued.length > 0) return discontinued
  return [
    ...validateMetadata(`${path}.template.metadata`, spec.template.metadata ?? {}, policy),
    ...validateVirtualMachineInstanceSpec(`${path}.template.spec`, template, policy),
    ...validateDataVolumeTemplates(path, spec),
    ...validateRunState(path, spec, policy),
    ...validateSockets(`${path}.template.spec`, template, policy),
  ]
}

function validateRunState(path: string, { running, runStrategy }: RunState, policy: AdmissionPolicy): FieldError[] {
  const field = `${path}.runStrategy`
  const waits = runStrategy === 'WaitAsReceiver'
  return [
    ...when(running !== undefined && runStrategy !== undefined, () => invalid(`${path}.running`, runningExcludesRunStrategy)),
    ...when(running === undefined && runStrategy === undefined, () =>
      invalid(`${path}.running`, 'RunStrategy must be specified'),
    ),
    ...when(waits && !hasGate(policy, 'DecentralizedLiveMigration'), () =>
      invalid(
        field,
        `Invalid RunStrategy (${runStrategy}), DecentralizedLiveMigration feature gate is not enabled in kubevirt resource`,
      ),
    ),
    ...when(runStrategy !== undefined && !isRunStrategy(runStrategy), () =>
      invalid(field, `Invalid RunStrategy (${runStrategy})`),
    ),
  ]
}
