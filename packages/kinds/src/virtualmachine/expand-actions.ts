// expand-spec: a virtual machine as it reads when everything that it refers to is written out. Sheaf has no instance types
// and preferences, so it is the virtual machine itself; one that names some could not be told the truth about.

import { type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import { badRequest, isJsonObject, type Json, notFound } from '@sheaf/api/meta'
import type { RequestAction } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import { jsonAnswer, kubevirtActions, vmSubject } from '../subresources.ts'

export function expandActions({ client }: Pick<Ports, 'client'>): RequestAction[] {
  return [
    {
      ...kubevirtActions,
      kind: 'request',
      method: 'GET',
      plural: virtualMachineDefinition.plural,
      action: 'expand-spec',
      async run({ namespace, name }) {
        const vm = await client.resource<VirtualMachine>(virtualMachineDefinition).find({ namespace, name })
        if (vm === undefined) throw notFound(vmSubject, name)
        return jsonAnswer(expanded(vm))
      },
    },
    {
      ...kubevirtActions,
      kind: 'request',
      method: 'PUT',
      action: 'namespaces/{namespace}/expand-vm-spec',
      run: async ({ body, parameters }) => jsonAnswer(expanded(virtualMachineIn(body, parameters['namespace'] ?? ''))),
    },
  ]
}

function virtualMachineIn(body: Json | undefined, namespace: string): VirtualMachine {
  if (body === undefined) throw badRequest('empty request body')
  if (!isJsonObject(body) || body['kind'] !== 'VirtualMachine' || !isJsonObject(body['spec'] ?? null))
    throw badRequest('Object is not a valid VirtualMachine')
  const vm = body as unknown as VirtualMachine
  const own = vm.metadata?.namespace ?? ''
  if (own !== '' && own !== namespace) throw badRequest(`VM namespace must be empty or ${namespace}`)
  return vm
}

function expanded(vm: VirtualMachine): VirtualMachine {
  if (vm.spec.instancetype === undefined && vm.spec.preference === undefined) return vm
  throw badRequest(
    'spec.instancetype and spec.preference cannot be expanded: Sheaf has no instance types and preferences. Write what they stand for into spec.template.spec',
  )
}
