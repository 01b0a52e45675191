// What may be written about a virtual machine, and what is filled in once and kept for ever.

import { type VirtualMachine, validateVirtualMachine } from '@sheaf/api'
import { type FieldError, isBeingDeleted, type Random } from '@sheaf/api/meta'
import type { Admission } from '@sheaf/machinery/kind'
import { admissionPolicy } from '../admission-policy.ts'
import { isController } from '../controller-user.ts'
import { webhookDenial } from '../webhook-denial.ts'
import { controllerFinalizer } from './observed-instance.ts'
import { forgettableStrategy, rememberStrategy } from './remember-strategy.ts'

/** The only machine that Sheaf's QEMU runs. */
const defaultMachine = { architecture: 'amd64', type: 'q35' }

export function virtualMachineAdmission(random: Random): Admission<VirtualMachine> {
  return {
    mutate({ operation, subresource, object, oldObject }) {
      if (operation === 'DELETE' || subresource !== undefined) return
      rememberStrategy(object, oldObject)
      if (operation !== 'CREATE') return
      hold(object)
      fillIdentity(object, random)
    },
    validate({ operation, subresource, object, oldObject, user }) {
      if (operation === 'DELETE' || subresource !== undefined) return
      const policy = { ...admissionPolicy, writerIsController: isController(user) }
      const missing = isBeingDeleted(object) ? undefined : missingReference(object)
      const errors = missing === undefined ? validateVirtualMachine(object, policy, { isNew: operation === 'CREATE' }) : [missing]
      if (!isBeingDeleted(object)) errors.push(...forgettableStrategy(object, oldObject))
      if (errors.length > 0) throw webhookDenial('virtualmachine-validator.kubevirt.io', errors)
    },
  }
}

/** From the first moment on: the controller would only have to write it anew. */
function hold({ metadata }: VirtualMachine): void {
  const finalizers = metadata.finalizers ?? []
  if (!finalizers.includes(controllerFinalizer)) metadata.finalizers = [...finalizers, controllerFinalizer]
}

/** Guests bind licences and host keys to uuid and serial number, so both stay the same over all starts. */
function fillIdentity(vm: VirtualMachine, random: Random): void {
  // What was sent may lack anything; validation says so afterwards.
  const { spec }: Partial<VirtualMachine> = vm
  const template: Partial<VirtualMachine['spec']['template']> | undefined = spec?.template
  if (template?.spec?.domain === undefined) return
  const { domain } = template.spec
  const { firmware, machine } = domain
  domain.firmware = { ...firmware, uuid: firmware?.uuid || random.uuid(), serial: firmware?.serial || random.uuid() }
  domain.machine = { ...machine, type: machine?.type || defaultMachine.type }
  template.spec.architecture ||= defaultMachine.architecture
}

/**
 * What it takes its size from, if that is not there. No such Kinds are served here, so none is ever found: a machine must
 * not start smaller than it was asked to be. KubeVirt tells the first one alone, before it looks at anything else.
 */
function missingReference({ spec }: Partial<VirtualMachine>): FieldError | undefined {
  for (const field of ['instancetype', 'preference'] as const) {
    const matcher = spec?.[field]
    if (!matcher) continue
    const kind = matcher.kind || `VirtualMachineCluster${field}`
    const message = `Failure to find ${field}: ${kind.toLowerCase()}s.instancetype.kubevirt.io "${matcher.name ?? ''}" not found`
    return { type: 'FieldValueNotFound', field: `spec.${field}`, message }
  }
  return undefined
}
