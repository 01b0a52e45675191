// What a pull reaches the world through, so that a test can own it.

import type { HttpFetchInit } from './http-fetch.ts'

export interface PullClock {
  /** Milliseconds since 1970. */
  now(): number
  after(delayMs: number, run: () => void): { cancel(): void }
}

export interface NetworkPorts {
  fetch: (url: URL, init: HttpFetchInit) => Promise<Response>
  clock: PullClock
  /** Ends everything that is under way. */
  signal: AbortSignal
}

/** Rejects when the work is called off meanwhile. */
export function pause(delayMs: number, { clock, signal }: Pick<NetworkPorts, 'clock' | 'signal'>): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const stop = (): void => {
      timer.cancel()
      reject(signal.reason as Error)
    }
    const timer = clock.after(delayMs, () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
    signal.addEventListener('abort', stop, { once: true })
  })
}
