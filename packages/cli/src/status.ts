// The machine at a glance: the server, and every virtual machine with where its ports answer.

import {
  effectiveRunStrategy,
  forwardedPortsOf,
  type Node,
  nodeDefinition,
  strayGuestsCondition,
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { bodyText, type Client } from '@sheaf/api/client'
import { findCondition, StatusError } from '@sheaf/api/meta'
import { Command } from 'commander'
import { aligned } from './aligned.ts'
import { connect } from './connection.ts'
import { outputOption } from './virtual-machine-argument.ts'

interface Line {
  namespace: string
  name: string
  strategy: string
  status: string
  ready: boolean
  ports: string[]
}

export function statusCommand(): Command {
  return new Command('status').description('the server and its virtual machines').addOption(outputOption()).action(printStatus)
}

async function printStatus({ output }: { output: 'text' | 'json' }): Promise<void> {
  const { client, server, kubeconfig } = connect()
  const version = JSON.parse(await bodyText((await client.request('GET', '/version')).body)) as { gitVersion: string }
  const vms = await client.resource<VirtualMachine>(virtualMachineDefinition).list()
  const instances = await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).list()
  const nodes = await client.resource<Node>(nodeDefinition).list()
  const listening = await listeningOf(client)
  const troubles = nodes.items.flatMap(troublesOf)
  const lines = vms.items.map((vm) => lineOf(vm, instances.items))
  if (output === 'json')
    process.stdout.write(
      `${JSON.stringify({ server: server.origin, kubeconfig, version: version.gitVersion, listening, virtualMachines: lines, troubles }, null, 2)}\n`,
    )
  else process.stdout.write(textOf(server.origin, kubeconfig, version.gitVersion, lines, [...openTo(listening), ...troubles]))
}

interface Listening {
  address: string
  port: number
  beyondLoopback: boolean
}

/** Undefined: a server from before this could be asked. */
async function listeningOf(client: Client): Promise<Listening | undefined> {
  try {
    return JSON.parse(await bodyText((await client.request('GET', '/apis/subresources.sheaf.io/v1/listening')).body)) as Listening
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined
    throw error
  }
}

/** An open door is worth a word each time: who opened it may have forgotten. */
function openTo(listening: Listening | undefined): string[] {
  if (listening?.beyondLoopback !== true) return []
  return [`the API listens on ${listening.address}, port ${listening.port}: other machines can reach it (--allow-remote)`]
}

function lineOf(vm: VirtualMachine, instances: readonly VirtualMachineInstance[]): Line {
  const { namespace = '', name = '' } = vm.metadata
  const instance = instances.find((each) => each.metadata.namespace === namespace && each.metadata.name === name)
  return {
    namespace,
    name,
    strategy: effectiveRunStrategy(vm.spec),
    status: vm.status?.printableStatus ?? 'Unknown',
    ready: vm.status?.ready === true,
    ports: forwardedPortsOf(instance).map((port) => `${port.hostAddress}:${port.hostPort}→${port.guestPort}`),
  }
}

/** Conditions of the machine that somebody should do something about. */
function troublesOf({ status }: Node): string[] {
  return ['MemoryPressure', 'DiskPressure', strayGuestsCondition].flatMap((type) => {
    const condition = findCondition(status?.conditions, type)
    return condition?.status === 'True' ? [condition.message ?? type] : []
  })
}

function textOf(
  server: string,
  kubeconfig: string,
  version: string,
  lines: readonly Line[],
  troubles: readonly string[],
): string {
  const rows = [
    ['NAMESPACE', 'NAME', 'STRATEGY', 'STATUS', 'READY', 'PORTS'],
    ...lines.map((line) => [line.namespace, line.name, line.strategy, line.status, String(line.ready), line.ports.join(' ')]),
  ]
  const table = lines.length === 0 ? 'No virtual machines yet. Try: kubectl apply -f examples/demo-vm.yaml' : aligned(rows)
  return `server      ${server} (${version})\nkubeconfig  ${kubeconfig}\n\n${table}\n${troubles.map((text) => `\nWarning: ${text}\n`).join('')}`
}
