// What a simulated guest has inside for those who look in from outside: an agent, and programs that listen on ports.

import type { Duplex } from 'node:stream'
import type { AgentCommand } from '../agent/protocol.ts'

/** What the agent answers: a value, or a function of what is given, which may throw AgentRefused. Commands that are not named are refused. */
export type SimulatedAgent = Partial<Record<AgentCommand, unknown>>

/** What listens on a port of the guest: is handed the guest's end of each connection. */
export type SimulatedService = (connection: Duplex) => void

/** One grey pixel. */
export const simulatedPicture: Uint8Array = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
)

/** With which a display begins every conversation. */
export const displayGreeting = 'RFB 003.008\n'
