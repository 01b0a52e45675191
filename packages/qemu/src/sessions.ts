// Who looks at a machine's console or display: one session for each machine, where a new one ends the one before it.

import type { Duplex } from 'node:stream'

export class Sessions {
  readonly #open = new Map<string, Duplex>()

  isOpen(id: string): boolean {
    return this.#open.get(id)?.destroyed === false
  }

  /** Ends the session that there is, waits until it is over, and opens another. One call at a time for one id. */
  async replace(id: string, open: () => Promise<Duplex>): Promise<Duplex> {
    await this.end(id)
    const session = await open()
    this.#open.set(id, session)
    session.once('close', () => {
      if (this.#open.get(id) === session) this.#open.delete(id)
    })
    return session
  }

  async end(id: string): Promise<void> {
    const session = this.#open.get(id)
    if (session === undefined) return
    this.#open.delete(id)
    const closed = new Promise((resolve) => session.once('close', resolve))
    session.destroy()
    await closed
  }

  /** Ends all of them. */
  close(): void {
    for (const session of this.#open.values()) session.destroy()
    this.#open.clear()
  }
}
