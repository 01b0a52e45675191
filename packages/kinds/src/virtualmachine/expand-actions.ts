// expand-spec: a virtual machine as it reads when everything that it refers to is written out.

import { conflictText, expandVirtualMachine, type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import { badRequest, isJsonObject, type Json, notFound, StatusError } from '@sheaf/api/meta'
import type { RequestAction } from '@sheaf/machinery/kind'
import { admissionPolicyWith } from '../admission-policy.ts'
import type { Ports } from '../ports.ts'
import { jsonAnswer, kubevirtActions, vmSubject } from '../subresources.ts'
import { findMatched, lackIn, outfitOf } from './instancetype/find-matched.ts'

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
        return jsonAnswer(await expanded(vm, client, cannotExpand))
      },
    },
    {
      ...kubevirtActions,
      kind: 'request',
      method: 'PUT',
      action: 'namespaces/{namespace}/expand-vm-spec',
      async run({ body, parameters }) {
        const vm = virtualMachineIn(body, parameters['namespace'] ?? '')
        return jsonAnswer(await expanded(vm, client, badRequest))
      },
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
  return { ...vm, metadata: { ...vm.metadata, namespace } }
}

/** KubeVirt's answer when it is not the sender who has made the mistake. */
const cannotExpand = (why: string) => new StatusError(500, 'InternalError', `Internal error occurred: ${why}`)

async function expanded(
  vm: VirtualMachine,
  client: Ports['client'],
  refuse: (why: string) => StatusError,
): Promise<VirtualMachine> {
  if (!vm.spec.instancetype && !vm.spec.preference) return vm
  const findings = await findMatched(vm, client)
  const lack = lackIn(findings)
  if (lack !== undefined) throw refuse(lack.why)
  const { machine, conflicts } = expandVirtualMachine(vm, outfitOf(findings), admissionPolicyWith())
  if (machine === undefined) throw refuse(conflictText(conflicts.map(({ field }) => field)))
  return machine
}
