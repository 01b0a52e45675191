// The terminal in which many look at a cluster. It has no commands: keys are typed, and what it then shows is read.

import { setTimeout as pause } from 'node:timers/promises'
import { type ConfigMap, configMapDefinition, type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import { eventually } from '../../kit/eventually.ts'
import { openTerminal, type Terminal } from '../../kit/terminal.ts'
import { emptyMachine } from '../../kit/virtual-machines.ts'
import type { Bench, Client, Deed } from '../client.ts'
import { buildGoProgram } from '../go-module.ts'
import { mustHold, program } from '../program.ts'

const wanted = { module: 'github.com/derailed/k9s', version: 'v0.50.16', package: 'github.com/derailed/k9s' } as const

const machine = 'k9s-box'
const configMap = 'k9s-map'
/** It takes no keys while it draws. */
const drawMs = 1_000

const escape = '\u001b'
const controlD = '\u0004'

export const k9s: Client = {
  name: 'k9s',
  origin: `${wanted.module}@${wanted.version}`,
  async bring(bench) {
    const path = await buildGoProgram(wanted, bench.cacheFolder)
    mustHold(await program(path, bench.environment)('version', '--short'), /Version/)
    await bench.server.client.resource(virtualMachineDefinition).create(emptyMachine(machine, 'Halted'))
    await bench.server.client.resource<ConfigMap>(configMapDefinition).create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: configMap, namespace: 'default' },
    })
    return { version: wanted.version, deeds: deeds(path, bench) }
  },
}

/** It draws what is not there yet: a word stands in one piece only where nothing stood before. */
function deeds(path: string, { server, environment }: Bench): Deed[] {
  const machines = server.client.resource<VirtualMachine>(virtualMachineDefinition)
  const configMaps = server.client.resource<ConfigMap>(configMapDefinition)
  async function looking(resource: string, word: RegExp, look?: (terminal: Terminal) => Promise<void>): Promise<void> {
    const command = `stty rows 40 cols 150; TERM=xterm-256color ${path} --command ${resource} --namespace default --headless`
    const terminal = openTerminal(command, environment)
    try {
      await terminal.sees(word)
      await pause(drawMs)
      await look?.(terminal)
    } finally {
      await terminal.close()
    }
  }
  return [
    { title: 'virtual machines', run: () => looking('virtualmachines', /k9s-box/) },
    {
      title: 'describe, and the object as YAML',
      run: () =>
        looking('virtualmachines', /k9s-box/, async (terminal) => {
          terminal.type('d')
          await terminal.sees(/Strategy/)
          await pause(drawMs)
          terminal.type(escape)
          await pause(drawMs)
          terminal.type('y')
          await terminal.sees(/runStrategy/)
        }),
    },
    {
      title: 'sees what changes',
      run: () =>
        looking('virtualmachines', /Stopped/, async (terminal) => {
          const found = await machines.get({ namespace: 'default', name: machine })
          await machines.update({ ...found, spec: { ...found.spec, runStrategy: 'Always' } })
          await terminal.sees(/True/)
        }),
    },
    { title: 'instances', run: () => looking('virtualmachineinstances', /k9s-box/) },
    { title: 'nodes', run: () => looking('nodes', /Ready/) },
    { title: 'events', run: () => looking('events', /SuccessfulCreate/) },
    {
      title: 'says that there are no Pods',
      run: () =>
        looking('virtualmachines', /k9s-box/, async (terminal) => {
          terminal.type(':pods\r')
          await terminal.sees(/found/)
        }),
    },
    {
      title: 'delete',
      run: () =>
        looking('configmaps', new RegExp(configMap), async (terminal) => {
          terminal.type(`/${configMap}\r`)
          await pause(drawMs)
          terminal.type(controlD)
          await terminal.sees(/Cancel/)
          await pause(drawMs)
          terminal.type('\t\r')
          await eventually(
            'it is gone',
            async () => (await configMaps.find({ namespace: 'default', name: configMap })) === undefined,
          )
        }),
    },
  ]
}
