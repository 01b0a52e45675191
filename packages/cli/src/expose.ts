// `sheaf expose VM --port 80`: a Service for one machine, as virtctl expose makes it, and where it is reached.

import { setTimeout as pause } from 'node:timers/promises'
import { listeningCondition, type Service, serviceDefinition, type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { findCondition, keyOf } from '@sheaf/api/meta'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { CommandError, connect } from './connection.ts'
import { keyFrom, type NamespaceOption, virtualMachineCommand } from './virtual-machine-argument.ts'

const types = ['NodePort', 'LoadBalancer', 'ClusterIP'] as const

interface ExposeOptions extends NamespaceOption {
  port: number
  targetPort?: number | string
  nodePort?: number
  name?: string
  type: (typeof types)[number]
}

/** The server opens a port at once; one that is busy says so meanwhile. */
const listensWithinMs = 5_000
const lookMs = 100
/** Of a label's value, by which the machine is found. */
const longestName = 63

export function exposeCommand(): Command {
  return virtualMachineCommand('expose', 'make a port of this machine lead to a port of a virtual machine')
    .requiredOption('--port <port>', 'the port of the service', portIn)
    .option(
      '--target-port <port>',
      'the port in the guest, by number or by the name on its interface (default: --port)',
      targetIn,
    )
    .addOption(new Option('--type <type>', 'how it is reached').choices(types).default('NodePort'))
    .option('--node-port <port>', 'the port of this machine, from 30000 to 32767 (default: a free one)', portIn)
    .option('--name <name>', 'name of the service (default: that of the virtual machine)')
    .addHelpText(
      'after',
      `
It makes a Service, which is kubectl's from then on: kubectl get svc, kubectl delete svc NAME. To put several machines behind
one port, write one: see docs/how-to/expose-a-guest.md.`,
    )
    .action(expose)
}

function portIn(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new InvalidArgumentError('Give a number from 1 to 65535.')
}

const targetIn = (text: string): number | string => (/^\d+$/.test(text) ? portIn(text) : text)

async function expose(vm: string, options: ExposeOptions): Promise<void> {
  const { client } = connect()
  const key = keyFrom(vm, options)
  // Says it in the server's words when there is none.
  await client.resource<VirtualMachine>(virtualMachineDefinition).get(key)
  const service = await client.resource<Service>(serviceDefinition).create(serviceFor(key.name, options))
  const where = await whereIsIt(client, service)
  process.stdout.write(`Service ${service.metadata.name} ${where}.\n`)
}

function serviceFor(
  machine: string,
  { namespace, name = machine, port, targetPort = port, nodePort, type }: ExposeOptions,
): Service {
  if (machine.length > longestName)
    throw new CommandError(`${machine} is longer than a label: label its template, and write a Service that selects the label`)
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      type,
      selector: { 'vmi.kubevirt.io/id': machine },
      ports: [{ port, targetPort, ...(nodePort === undefined ? {} : { nodePort }) }],
    },
  }
}

/** What is said of it. Throws when this machine cannot listen for it; the service stays, and so does the server's trying. */
async function whereIsIt(client: Client, made: Service): Promise<string> {
  if (made.spec?.type === 'ClusterIP') return 'tells of the machine, and nobody listens for it: kubectl get endpointslices'
  const deadline = Date.now() + listensWithinMs
  for (;;) {
    const service = await client.resource<Service>(serviceDefinition).get(keyOf(made))
    const listening = findCondition(service.status?.conditions, listeningCondition)
    if (listening?.status === 'True') return `leads to the machine: ${listening.message}`
    if (Date.now() > deadline)
      throw new CommandError(
        `service ${made.metadata.name} was made, and is not listened for yet: ${listening?.message ?? 'the server has not come to it'}`,
      )
    await pause(lookMs)
  }
}
