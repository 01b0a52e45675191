// A release's end of the channel to the supervisor that started it.

import { readSlots, type Slots } from './slots.ts'
import { type FromRelease, type FromSupervisor, isMessage } from './protocol.ts'

export interface SupervisorChannel {
  /** The folder that Sheaf is installed in. */
  readonly prefix: string
  readonly supervisorVersion: string
  slots(): Slots
  say(message: FromRelease): void
  /** The next message of this sort. To be called before what it answers is said. */
  hears<K extends FromSupervisor['kind']>(kind: K): Promise<Extract<FromSupervisor, { kind: K }>>
  /** The supervisor has gone. */
  readonly whenGone: Promise<void>
  /** Lets this process end. */
  close(): void
}

/** Undefined for a server that was started by hand. */
export function channelToSupervisor(): SupervisorChannel | undefined {
  const { SHEAF_PREFIX: prefix, SHEAF_SUPERVISOR: supervisorVersion } = process.env
  if (!prefix || !supervisorVersion || process.send === undefined) return undefined
  const listeners = new Set<(message: FromSupervisor) => void>()
  process.on('message', (message) => {
    if (isMessage(message)) for (const listener of listeners) listener(message as FromSupervisor)
  })
  return {
    prefix,
    supervisorVersion,
    slots: () => readSlots(prefix),
    // When it cannot be said, nobody is there to hear it, and `whenGone` tells.
    say: (message) => void (process.connected && process.send?.(message, () => {})),
    hears: (kind) =>
      new Promise((resolve) => {
        const listener = (message: FromSupervisor): void => {
          if (message.kind !== kind) return
          listeners.delete(listener)
          resolve(message as Extract<FromSupervisor, { kind: typeof kind }>)
        }
        listeners.add(listener)
      }),
    // It may have gone while this program was loading.
    whenGone: process.connected ? new Promise((resolve) => process.once('disconnect', resolve)) : Promise.resolve(),
    close: () => void (process.connected && process.disconnect()),
  }
}
