// What may be written about a virtual machine, and what is filled in once and kept for ever.

import { type VirtualMachine, validateVirtualMachine } from '@sheaf/api'
import { addFinalizer, isBeingDeleted } from '@sheaf/api/meta'
import type { Admission } from '@sheaf/machinery/kind'
import { admissionPolicyWith } from '../admission-policy.ts'
import { isController } from '../controller-user.ts'
import type { MachinePorts, Ports } from '../ports.ts'
import { untoldNameServers } from '../virtualmachineinstance/launch/guest-network.ts'
import { webhookDenial } from '../webhook-denial.ts'
import { admitOutfit, settleMatchers } from './instancetype/admit.ts'
import { controllerFinalizer } from './observed-instance.ts'
import { forgettableStrategy, rememberStrategy } from './remember-strategy.ts'

/** The only machine that Sheaf's QEMU runs. */
const defaultMachine = { architecture: 'amd64', type: 'q35' }

type AdmissionPorts = Pick<Ports, 'client' | 'random'> & Pick<MachinePorts, 'featureGates'>

export function virtualMachineAdmission({ random, client, featureGates }: AdmissionPorts): Admission<VirtualMachine> {
  const admissionPolicy = admissionPolicyWith(featureGates)
  return {
    async mutate({ operation, subresource, object, oldObject }) {
      if (operation === 'DELETE' || subresource !== undefined) return
      if (!isBeingDeleted(object)) await settleMatchers(object, oldObject, client)
      rememberStrategy(object, oldObject)
      if (operation !== 'CREATE') return
      // From the first moment on: the controller would only have to write it anew.
      addFinalizer(object, controllerFinalizer)
      fillIdentity(object, random)
    },
    async validate(request) {
      const { operation, subresource, object, oldObject, user } = request
      if (operation === 'DELETE' || subresource !== undefined || isBeingDeleted(object)) return
      const policy = { ...admissionPolicy, writerIsController: isController(user) }
      const { machine, errors: standing } = await admitOutfit(object, oldObject, policy, client)
      const own = standing ?? validateVirtualMachine(machine, policy, { isNew: operation === 'CREATE' })
      const errors = [...own, ...forgettableStrategy(object, oldObject)]
      if (errors.length > 0) throw webhookDenial('virtualmachine-validator.kubevirt.io', errors)
      if (!isController(user))
        untoldNameServers('spec.template.spec', object.spec.template.spec).forEach((text) => request.warn(text))
    },
  }
}

/** Guests bind licences and host keys to uuid and serial number, so both stay the same over all starts. */
function fillIdentity(vm: VirtualMachine, random: Ports['random']): void {
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
