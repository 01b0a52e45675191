// What may be written about a virtual machine, and what is filled in once and kept for ever.

import { validateVirtualMachine, type VirtualMachine } from '@sheaf/api'
import { isBeingDeleted, type Random } from '@sheaf/api/meta'
import type { Admission, AdmissionRequest } from '@sheaf/machinery/kind'
import { webhookDenial } from './webhook-denial.ts'

/** The only machine that Sheaf's QEMU runs. */
const defaultMachine = { architecture: 'amd64', type: 'q35' }

export function virtualMachineAdmission(random: Random): Admission<VirtualMachine> {
  return {
    mutate(request) {
      if (request.operation === 'CREATE' && request.subresource === undefined) fillIdentity(request.object, random)
    },
    validate(request) {
      if (!concernsSpec(request)) return
      const errors = validateVirtualMachine(request.object)
      if (errors.length > 0) throw webhookDenial('virtualmachine-validator.kubevirt.io', errors)
    },
  }
}

/** Whoever is being deleted must be able to lose its finalizers, whatever its spec says. */
function concernsSpec({ operation, subresource, object }: AdmissionRequest<VirtualMachine>): boolean {
  return operation !== 'DELETE' && subresource === undefined && !isBeingDeleted(object)
}

/** Guests bind licences and host keys to uuid and serial number, so both stay the same over all starts. */
function fillIdentity(vm: VirtualMachine, random: Random): void {
  const spec = vm.spec.template?.spec
  // Nothing to fill; validation says what is missing.
  if (spec?.domain === undefined) return
  const { firmware, machine } = spec.domain
  spec.domain.firmware = { ...firmware, uuid: firmware?.uuid || random.uuid(), serial: firmware?.serial || random.uuid() }
  spec.domain.machine = { ...machine, type: machine?.type || defaultMachine.type }
  spec.architecture ||= defaultMachine.architecture
}
