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
import type { VirtualMachine } from './virtual-machine.ts'

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
  const { spec } = machine
  // A schema that was not asked lets this through.
  if ((spec.template as unknown) === undefined) return [required('spec.template', 'missing virtual machine template.')]
  const template = defaultVirtualMachineInstanceSpec(spec.template.spec, policy)
  // On these KubeVirt says no more, and leaves `template.spec` out of the path.
  const discontinued = isNew ? validateDiscontinuedBindings('spec', template, policy) : []
  if (discontinued.length > 0) return discontinued
  return [
    ...validateMetadata('spec.template.metadata', spec.template.metadata ?? {}, policy),
    ...validateVirtualMachineInstanceSpec('spec.template.spec', template, policy),
    ...validateDataVolumeTemplates(spec),
    ...validateRunState(spec, policy),
    ...validateSockets('spec.template.spec', template, policy),
  ]
}

function validateRunState({ running, runStrategy }: RunState, policy: AdmissionPolicy): FieldError[] {
  const field = 'spec.runStrategy'
  const waits = runStrategy === 'WaitAsReceiver'
  return [
    ...when(running !== undefined && runStrategy !== undefined, () => invalid('spec.running', runningExcludesRunStrategy)),
    ...when(running === undefined && runStrategy === undefined, () => invalid('spec.running', 'RunStrategy must be specified')),
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
