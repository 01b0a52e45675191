// guestosinfo, userlist and filesystemlist: asked of the guest's agent at the moment of the request.

import type { ApiResponse } from '@sheaf/api/client'
import type { RequestAction } from '@sheaf/machinery/kind'
import { type AgentCommand, type AgentCommands, AgentRefused, AgentSilent, NotRunning } from '@sheaf/qemu'
import type { MachinePorts } from '../../ports.ts'
import { jsonAnswer } from '../../subresources.ts'
import { instanceAction, targetOf } from './action-target.ts'
import { filesystemsOf, guestInfoOf, type Told, usersOf } from '../agent/guest-info.ts'

type Ask = <C extends AgentCommand>(command: C) => Promise<AgentCommands[C]['gives']>

export function guestInfoActions(ports: MachinePorts): RequestAction[] {
  const get = (action: string, answer: (ask: Ask) => Promise<object>): RequestAction =>
    instanceAction('GET', action, async (call) => {
      const { id, running } = await targetOf(call, ports)
      if (running === undefined) return failure('VMI is not running')
      if (running.agentConnected !== true) return failure('VMI does not have guest agent connected')
      try {
        return jsonAnswer(await answer((command) => ports.hypervisor.askAgent(id, command)))
      } catch (error) {
        if (error instanceof AgentSilent || error instanceof AgentRefused) return failure(error.message)
        if (error instanceof NotRunning) return failure('VMI is not running')
        throw error
      }
    })
  return [
    get('guestosinfo', async (ask) =>
      guestInfoOf({
        info: await ask('guest-info'),
        hostname: await optional(ask, 'guest-get-host-name'),
        os: await optional(ask, 'guest-get-osinfo'),
        timezone: await optional(ask, 'guest-get-timezone'),
        users: await optional(ask, 'guest-get-users'),
        filesystems: await optional(ask, 'guest-get-fsinfo'),
        freeze: await optional(ask, 'guest-fsfreeze-status'),
      }),
    ),
    get('userlist', async (ask) => ({ items: usersOf(await ask('guest-get-users')) })),
    get('filesystemlist', async (ask) => ({ items: filesystemsOf(await ask('guest-get-fsinfo')) })),
  ]
}

/** Agents are old, or configured to keep something to themselves: that is no reason to tell nothing. */
async function optional<C extends AgentCommand>(ask: Ask, command: C): Promise<Told<C>> {
  try {
    return await ask(command)
  } catch (error) {
    if (error instanceof AgentRefused) return undefined
    throw error
  }
}

/** As KubeVirt answers here: 500 and the plain text, also for what is no failure of the server. */
const failure = (text: string): ApiResponse => ({
  status: 500,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: `${text}\n`,
})
