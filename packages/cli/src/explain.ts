// Why a virtual machine is in its state, and what to do next.

import {
  type Event,
  type Explanation,
  eventDefinition,
  explainInstance,
  explainVirtualMachine,
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import type { ObjectKey } from '@sheaf/api/meta'
import type { Command } from 'commander'
import { type Connection, connect } from './connection.ts'
import { keyFrom, type NamespaceOption, outputOption, virtualMachineCommand } from './virtual-machine-argument.ts'

/** Holds the end of a kernel's complaint. */
const consoleTailBytes = 2_000

export function explainCommand(): Command {
  return virtualMachineCommand('explain', 'why a virtual machine is in its state, and what to do next')
    .addOption(outputOption())
    .action(printExplanation)
}

async function printExplanation(argument: string, options: NamespaceOption & { output: 'text' | 'json' }): Promise<void> {
  const explanation = await explain(keyFrom(argument, options), connect())
  if (options.output === 'json') process.stdout.write(`${JSON.stringify(explanation, null, 2)}\n`)
  else process.stdout.write(textOf(explanation))
}

async function explain(key: ObjectKey, connection: Connection): Promise<Explanation> {
  const { client } = connection
  const instance = await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find(key)
  const { items: events } = await client
    .resource<Event>(eventDefinition)
    .list({ namespace: key.namespace, fieldSelector: `involvedObject.name=${key.name}` })
  const seen = { events, consoleTail: await consoleTailOf(instance, connection) }
  const vms = client.resource<VirtualMachine>(virtualMachineDefinition)
  const vm = await vms.find(key)
  if (vm === undefined && instance !== undefined) return explainInstance(instance, seen)
  return explainVirtualMachine(vm ?? (await vms.get(key)), { ...seen, instance })
}

/** Of a run that failed: it may say why. */
async function consoleTailOf(instance: VirtualMachineInstance | undefined, { fetch }: Connection): Promise<string> {
  if (instance?.status?.phase !== 'Failed') return ''
  const { namespace, name } = instance.metadata
  const path = `/apis/subresources.sheaf.io/v1/namespaces/${namespace}/virtualmachineinstances/${name}/log?tailBytes=${consoleTailBytes}`
  const { status, body } = await fetch({ method: 'GET', path, headers: {} })
  return status === 200 ? bodyText(body) : ''
}

function textOf({ state, since, why, next }: Explanation): string {
  const list = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
  return `${[state, ...(since === undefined ? [] : [`Since ${since}.`]), ...list('What is known', why), ...list('What next', next)].join('\n')}\n`
}
