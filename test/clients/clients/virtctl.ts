// KubeVirt's own command line, against a machine that boots the small guest.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { virtualMachineDefinition } from '@sheaf/api'
import { eventually } from '../../kit/eventually.ts'
import { freePort } from '../../kit/free-port.ts'
import { openTerminal } from '../../kit/terminal.ts'
import { guestMachine, untilGuestAnswers } from '../../kit/virtual-machines.ts'
import type { Bench, Client, Deed } from '../client.ts'
import { buildGoProgram } from '../go-module.ts'
import { mustHold, program } from '../program.ts'

const wanted = {
  module: 'kubevirt.io/kubevirt',
  version: 'v1.6.0',
  package: 'kubevirt.io/kubevirt/cmd/virtctl',
  takesReplacements: true,
} as const

export const virtctl: Client = {
  name: 'virtctl',
  origin: `${wanted.module}@${wanted.version}`,
  async bring(bench) {
    const path = await buildGoProgram(wanted, bench.cacheFolder)
    mustHold(await program(path, bench.environment)('version'), /Server Version/)
    const machine = guestMachine('virtctl-box', 'Manual')
    await bench.server.client.resource(virtualMachineDefinition).create(machine)
    return { version: wanted.version, deeds: deeds(path, bench) }
  },
}

function deeds(path: string, { server, environment, folder }: Bench): Deed[] {
  const v = program(path, environment)
  const answers = () => untilGuestAnswers(server, 'virtctl-box')
  return [
    {
      title: 'start',
      run: async () => {
        mustHold(await v('start', 'virtctl-box'), /was scheduled to start/)
        await answers()
      },
    },
    { title: 'console', run: () => console(path, environment) },
    {
      title: 'vnc screenshot',
      run: async () => {
        await v('vnc', 'screenshot', 'virtctl-box', '--file', join(folder, 'screen.png'))
        if (!existsSync(join(folder, 'screen.png'))) throw new Error('it wrote no picture')
      },
    },
    { title: 'port-forward', run: () => portForward(path, environment) },
    { title: 'pause', run: async () => mustHold(await v('pause', 'vm', 'virtctl-box'), /was scheduled to pause/) },
    { title: 'unpause', run: async () => mustHold(await v('unpause', 'vm', 'virtctl-box'), /was scheduled to unpause/) },
    {
      title: 'restart',
      run: async () => {
        const before = await answers()
        mustHold(await v('restart', 'virtctl-box'), /was scheduled to restart/)
        await untilGuestAnswers(server, 'virtctl-box', before)
      },
    },
    { title: 'migrate', run: async () => mustHold(await v('migrate', 'virtctl-box'), /was scheduled to migrate/) },
    { title: 'expand', run: async () => mustHold(await v('expand', '--vm', 'virtctl-box'), /kind: VirtualMachine/) },
    {
      title: 'expose',
      run: async () =>
        mustHold(
          await v('expose', 'vm', 'virtctl-box', '--name', 'virtctl-web', '--port', '80', '--type', 'NodePort'),
          /Service virtctl-web successfully created/,
        ),
    },
    { title: 'create vm', run: async () => mustHold(await v('create', 'vm', '--name', 'made'), /runStrategy: Always/) },
    { title: 'reset', run: async () => void (await v('reset', 'virtctl-box')) },
    { title: 'stop', run: async () => mustHold(await v('stop', 'virtctl-box'), /was scheduled to stop/) },
  ]
}

async function console(path: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const terminal = openTerminal(`${path} console virtctl-box`, environment)
  try {
    await terminal.sees(/Successfully connected/)
    terminal.type('\n')
    await terminal.sees(/\S/)
  } finally {
    await terminal.close()
  }
}

async function portForward(path: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const port = await freePort()
  const terminal = openTerminal(`${path} port-forward vm/virtctl-box ${port}:80`, environment)
  try {
    const text = await eventually('the forwarded port answers', async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/boot-id`, { signal: AbortSignal.timeout(2_000) })
      return answer.ok && (await answer.text())
    })
    mustHold(text, /[0-9a-f-]{36}/)
  } finally {
    await terminal.close()
  }
}
