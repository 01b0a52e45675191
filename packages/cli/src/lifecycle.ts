// start, stop and restart: KubeVirt's subresources, by the name of the virtual machine.

import type { Json } from '@sheaf/api/meta'
import { type Command, InvalidArgumentError } from 'commander'
import { connect } from './connection.ts'
import { keyFrom, type NamespaceOption, virtualMachineCommand } from './virtual-machine-argument.ts'

export function lifecycleCommands(): Command[] {
  return [
    virtualMachineCommand('start', 'start a virtual machine').action((vm: string, options: NamespaceOption) =>
      put(vm, options, 'start', {}),
    ),
    virtualMachineCommand('stop', 'shut a virtual machine down')
      .option('--grace-period <seconds>', 'how long the guest may take before it is ended', secondsIn)
      .option('--force', 'end it at once')
      .action((vm: string, options: NamespaceOption & { gracePeriod?: number; force?: true }) => {
        const seconds = options.force === true ? 0 : options.gracePeriod
        return put(vm, options, 'stop', seconds === undefined ? {} : { gracePeriod: seconds })
      }),
    virtualMachineCommand('restart', 'shut a virtual machine down and start it again')
      .option('--force', 'end it at once')
      .action((vm: string, options: NamespaceOption & { force?: true }) =>
        put(vm, options, 'restart', options.force === true ? { gracePeriodSeconds: 0 } : {}),
      ),
  ]
}

function secondsIn(text: string): number {
  const seconds = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(seconds)) return seconds
  throw new InvalidArgumentError('Give a whole number of seconds, such as 30.')
}

const said = { start: 'start', stop: 'stop', restart: 'restart' } as const

async function put(vm: string, options: NamespaceOption, action: keyof typeof said, body: Json): Promise<void> {
  const { namespace, name } = keyFrom(vm, options)
  const path = `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/virtualmachines/${name}/${action}`
  await connect().client.request('PUT', path, body)
  process.stdout.write(`VM ${name} was scheduled to ${said[action]}. Watch it with: kubectl get vm ${name} -n ${namespace} -w\n`)
}
