// A hypervisor for a release on trial: it looks at every machine and holds back what it would do to one, because that could
// not be taken back with the store.

import type { Hypervisor } from '@sheaf/qemu'

export interface HeldHypervisor {
  hypervisor: Hypervisor
  /** How many deeds wait. */
  readonly waiting: number
  /** Does what waits, and from now on everything at once. */
  release(): void
  /** What waits is never done. */
  abandon(): void
}

export class DeedAbandoned extends Error {
  constructor() {
    super('this release was taken back before it could do that')
  }
}

export function holdHypervisor(inner: Hypervisor): HeldHypervisor {
  const decided = Promise.withResolvers<void>()
  // Nobody may have waited for it.
  decided.promise.catch(() => {})
  let waiting = 0
  const held =
    <A extends unknown[], R>(deed: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      waiting++
      try {
        await decided.promise
      } finally {
        waiting--
      }
      return deed(...args)
    }
  return {
    hypervisor: {
      capabilities: () => inner.capabilities(),
      list: () => inner.list(),
      find: (id) => inner.find(id),
      launch: held((plan) => inner.launch(plan)),
      pressPowerButton: held((id) => inner.pressPowerButton(id)),
      kill: held((id) => inner.kill(id)),
      shutDownWithHost: held((id, graceMs) => inner.shutDownWithHost(id, graceMs)),
      reset: held((id) => inner.reset(id)),
      pause: held((id) => inner.pause(id)),
      resume: held((id) => inner.resume(id)),
      migrate: held((id, name) => inner.migrate(id, name)),
      cancelMigration: held((id) => inner.cancelMigration(id)),
      remove: held((id) => inner.remove(id)),
      discardKept: held((name) => inner.discardKept(name)),
      openSerial: (id) => inner.openSerial(id),
      openDisplay: (id, options) => inner.openDisplay(id, options),
      screenshot: (id, options) => inner.screenshot(id, options),
      openPort: (id, guestPort) => inner.openPort(id, guestPort),
      reachPort: (id, guestPort, timeoutMs) => inner.reachPort(id, guestPort, timeoutMs),
      askAgent: (id, command, taken, options) => inner.askAgent(id, command, taken, options),
      onChange: (listener) => inner.onChange(listener),
      release: () => inner.release(),
    },
    get waiting() {
      return waiting
    },
    release: () => decided.resolve(),
    abandon: () => decided.reject(new DeedAbandoned()),
  }
}
