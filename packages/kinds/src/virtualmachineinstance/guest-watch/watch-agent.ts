// Keeps asking a guest's agent for what the status tells of the guest.

import { type AgentCommand, type AgentCommands, AgentRefused, AgentSilent, NotRunning } from '@sheaf/qemu'
import type { AgentFacts } from './findings.ts'
import { type Repetition, repeat } from './repeat.ts'
import type { Watched, WatchPorts } from './watched.ts'

// KubeVirt's intervals. What changes seldom is asked more often at first, while the guest is still coming up.
const systemEveryMs = 120_000
const commandsEveryMs = 300_000
const freezeEveryMs = 5_000
const firstIntervalMs = 10_000

type Ask = <C extends AgentCommand>(command: C) => Promise<AgentCommands[C]['gives'] | undefined>

export function watchAgent(watched: Watched, ports: WatchPorts): Repetition {
  const poll = (everyMs: number, facts: (ask: Ask) => Promise<AgentFacts>): Repetition => {
    let nextMs = Math.min(firstIntervalMs, everyMs)
    return repeat(ports.clock, 0, async (stopping) => {
      const told = await ports.turnstile.run(() => facts(asker(watched, ports)))
      if (!stopping.aborted) watched.find({ agent: { ...watched.findings.agent, ...told } })
      const thisMs = nextMs
      nextMs = Math.min(nextMs * 2, everyMs)
      return thisMs
    })
  }
  const polls = [
    poll(systemEveryMs, async (ask) => {
      const os = await ask('guest-get-osinfo')
      const interfaces = await ask('guest-network-get-interfaces')
      return { ...(os && { os }), ...(interfaces && { interfaces }) }
    }),
    poll(commandsEveryMs, async (ask) => {
      const commands = (await ask('guest-info'))?.supported_commands
      return { ...(commands && { commands }) }
    }),
    poll(freezeEveryMs, async (ask) => {
      const freeze = await ask('guest-fsfreeze-status')
      return { ...(freeze && { freeze }) }
    }),
  ]
  return { stop: () => polls.forEach((each) => each.stop()) }
}

/** What is not answered is not told anew: agents are old, frozen, busy, or keep things to themselves. */
function asker({ instance }: Watched, { hypervisor, log }: WatchPorts): Ask {
  return async (command) => {
    try {
      return await hypervisor.askAgent(instance.metadata.uid ?? '', command)
    } catch (error) {
      const isExpected = error instanceof AgentRefused || error instanceof AgentSilent || error instanceof NotRunning
      if (!isExpected) log.warn({ error: String(error), command }, 'a guest agent could not be asked')
      return undefined
    }
  }
}
