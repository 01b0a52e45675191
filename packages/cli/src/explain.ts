// Why a virtual machine is in its state, and what to do next.

import {
  type Event,
  eventDefinition,
  explainVirtualMachine,
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import type { Command } from 'commander'
import { connect } from './connection.ts'
import { keyFrom, type NamespaceOption, outputOption, virtualMachineCommand } from './virtual-machine-argument.ts'

export function explainCommand(): Command {
  return virtualMachineCommand('explain', 'why a virtual machine is in its state, and what to do next')
    .addOption(outputOption())
    .action(explain)
}

async function explain(argument: string, options: NamespaceOption & { output: 'text' | 'json' }): Promise<void> {
  const key = keyFrom(argument, options)
  const { client } = connect()
  const vm = await client.resource<VirtualMachine>(virtualMachineDefinition).get(key)
  const instance = await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find(key)
  const { items } = await client
    .resource<Event>(eventDefinition)
    .list({ namespace: key.namespace, fieldSelector: `involvedObject.name=${key.name}` })
  const explanation = explainVirtualMachine(vm, instance, items)
  if (options.output === 'json') process.stdout.write(`${JSON.stringify(explanation, null, 2)}\n`)
  else process.stdout.write(textOf(explanation))
}

function textOf({ state, since, why, next }: ReturnType<typeof explainVirtualMachine>): string {
  const list = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
  return `${[state, ...(since === undefined ? [] : [`Since ${since}.`]), ...list('What is known', why), ...list('What next', next)].join('\n')}\n`
}
