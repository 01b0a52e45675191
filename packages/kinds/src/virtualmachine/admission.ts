// What may be written about a virtual machine, and what is filled in once and kept for ever.

import { type VirtualMachine, validateVirtualMachine } from '@sheaf/api'
import type { Random } from '@sheaf/api/meta'
import type { Admission } from '@sheaf/machinery/kind'
import { admissionPolicy } from '../admission-policy.ts'
import { isController } from '../controller-user.ts'
import { webhookDenial } from '../webhook-denial.ts'

/** The only machine that Sheaf's QEMU runs. */
const defaultMachine = { architecture: 'amd64', type: 'q35' }

export function virtualMachineAdmission(random: Random): Admission<VirtualMachine> {
  return {
    mutate({ operation, subresource, object }) {
      if (operation === 'CREATE' && subresource === undefined) fillIdentity(object, random)
    },
    validate({ operation, subresource, object, user }) {
      if (operation === 'DELETE' || subresource !== undefined) return
      const policy = { ...admissionPolicy, writerIsController: isController(user) }
      const errors = validateVirtualMachine(object, policy, { isNew: operation === 'CREATE' })
      if (errors.length > 0) throw webhookDenial('virtualmachine-validator.kubevirt.io', errors)
    },
  }
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
