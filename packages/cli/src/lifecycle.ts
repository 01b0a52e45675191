// start, stop and restart of a virtual machine, and what is done to its guest while it runs: KubeVirt's subresources, except
// that a start is Harvester's, which gives a halted machine the strategy back that it had.

import type { Json } from '@sheaf/api/meta'
import { type Command, InvalidArgumentError } from 'commander'
import { connect } from './connection.ts'
import { keyFrom, type NamespaceOption, virtualMachineCommand } from './virtual-machine-argument.ts'

export function lifecycleCommands(): Command[] {
  return [
    virtualMachineCommand('start', 'start a virtual machine')
      .addHelpText(
        'after',
        `\nA halted one gets the run strategy back that it had before; one that never had another becomes RerunOnFailure.`,
      )
      .action((vm: string, options: NamespaceOption) => ask(vm, options, 'start')),
    virtualMachineCommand('stop', 'shut a virtual machine down')
      .option('--grace-period <seconds>', 'how long the guest may take before it is ended', secondsIn)
      .option('--force', 'end it at once')
      .action((vm: string, options: NamespaceOption & { gracePeriod?: number; force?: true }) => {
        const seconds = options.force === true ? 0 : options.gracePeriod
        return ask(vm, options, 'stop', seconds === undefined ? {} : { gracePeriod: seconds })
      }),
    virtualMachineCommand('restart', 'shut a virtual machine down and start it again')
      .option('--force', 'end it at once')
      .action((vm: string, options: NamespaceOption & { force?: true }) =>
        ask(vm, options, 'restart', options.force === true ? { gracePeriodSeconds: 0 } : {}),
      ),
    whileRunning(
      'pause',
      'hold the processors of a running virtual machine',
      'paused',
      'It keeps its memory and its place, and the guest does not notice; its clock and its connections do. Go on with: sheaf unpause VM',
    ),
    whileRunning('unpause', 'let a paused virtual machine go on', 'unpaused', 'It goes on where it was held.'),
    whileRunning(
      'soft-reboot',
      'ask the guest to reboot itself',
      'asked to reboot',
      'The guest shuts its programs down in order. This needs qemu-guest-agent in the guest; without it: sheaf reset, sheaf restart',
    ),
    whileRunning(
      'reset',
      "press a running virtual machine's reset button",
      'reset',
      'The guest boots anew at once, in the same process and with the same disks; what it had not written is lost.\nTo let it shut down first: sheaf soft-reboot VM, or sheaf restart VM, which makes a new instance',
    ),
  ]
}

function secondsIn(text: string): number {
  const seconds = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(seconds)) return seconds
  throw new InvalidArgumentError('Give a whole number of seconds, such as 30.')
}

function whileRunning(name: string, description: string, done: string, explanation: string): Command {
  return virtualMachineCommand(name, description)
    .addHelpText('after', `\n${explanation}`)
    .action(async (vm: string, options: NamespaceOption) => {
      const key = keyFrom(vm, options)
      const path = `/apis/subresources.kubevirt.io/v1/namespaces/${key.namespace}/virtualmachineinstances/${key.name}`
      await connect().client.request('PUT', `${path}/${name.replace('-', '')}`, {})
      process.stdout.write(`VM ${key.name} was ${done}.\n`)
    })
}

const doors = {
  start: { method: 'POST', groupVersion: 'subresources.harvesterhci.io/v1beta1' },
  stop: { method: 'PUT', groupVersion: 'subresources.kubevirt.io/v1' },
  restart: { method: 'PUT', groupVersion: 'subresources.kubevirt.io/v1' },
} as const

async function ask(vm: string, options: NamespaceOption, action: keyof typeof doors, body: Json = {}): Promise<void> {
  const { namespace, name } = keyFrom(vm, options)
  const { method, groupVersion } = doors[action]
  await connect().client.request(method, `/apis/${groupVersion}/namespaces/${namespace}/virtualmachines/${name}/${action}`, body)
  process.stdout.write(`VM ${name} was scheduled to ${action}. Watch it with: kubectl get vm ${name} -n ${namespace} -w\n`)
}
