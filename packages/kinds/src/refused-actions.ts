// What KubeVirt can do and Sheaf cannot yet, or never on one machine: each is refused with what works instead.

import {
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { badRequest, conflict, notFound, type StatusError } from '@sheaf/api/meta'
import type { ActionCall, RequestAction } from '@sheaf/machinery/kind'
import type { Ports } from './ports.ts'
import { kubevirtActions, vmiSubject, vmSubject } from './subresources.ts'

type ClientPort = Pick<Ports, 'client'>

const hotplug =
  'Enable DeclarativeHotplugVolumes or HotplugVolumes feature gate to use this API. Sheaf has neither: stop the VM, change disks and volumes of spec.template.spec, and start it again'
const memoryDump =
  'a memory dump goes to a PersistentVolumeClaim, and Sheaf has none yet: dump-guest-memory on tools.sock in the state folder of the machine writes one to a file'
const onlyNode = 'this machine is the only node'

export function refusedVirtualMachineActions(ports: ClientPort): RequestAction[] {
  const refuse = (action: string, why: (call: ActionCall) => StatusError | Promise<StatusError>): RequestAction => ({
    ...kubevirtActions,
    kind: 'request',
    method: 'PUT',
    plural: virtualMachineDefinition.plural,
    action,
    async run(call) {
      const key = { namespace: call.namespace, name: call.name }
      const vm = await ports.client.resource<VirtualMachine>(virtualMachineDefinition).find(key)
      if (vm === undefined) throw notFound(vmSubject, call.name)
      throw await why(call)
    },
  })
  return [
    refuse('evacuate/cancel', ({ name }) => conflict(vmSubject, name, `VM is not being evacuated: ${onlyNode}`)),
    refuse('addvolume', () => badRequest(hotplug)),
    refuse('removevolume', () => badRequest(hotplug)),
    refuse('memorydump', () => badRequest(memoryDump)),
    refuse('removememorydump', ({ name }) =>
      conflict(vmSubject, name, `can't remove memory dump association for vm ${name}, no association found`),
    ),
  ]
}

export function refusedInstanceActions(ports: ClientPort): RequestAction[] {
  const refuse = (action: string, why: (call: ActionCall) => StatusError): RequestAction => ({
    ...kubevirtActions,
    kind: 'request',
    method: 'PUT',
    plural: virtualMachineInstanceDefinition.plural,
    action,
    async run(call) {
      await instanceOf(call, ports)
      throw why(call)
    },
  })
  return [
    refuse('evacuate/cancel', ({ name }) => conflict(vmiSubject, name, `VMI is not being evacuated: ${onlyNode}`)),
    refuse('addvolume', () => badRequest(hotplug)),
    refuse('removevolume', () => badRequest(hotplug)),
  ]
}

/** Throws 404. */
export async function instanceOf({ namespace, name }: ActionCall, { client }: ClientPort): Promise<VirtualMachineInstance> {
  const found = await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find({ namespace, name })
  if (found === undefined) throw notFound(vmiSubject, name)
  return found
}
