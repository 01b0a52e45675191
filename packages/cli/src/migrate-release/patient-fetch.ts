// Waits for a server that holds writes for a moment, as it does while it hands over.

import { setTimeout as pause } from 'node:timers/promises'
import type { Fetch } from '@sheaf/api/client'

/** A hand-over takes seconds; whoever holds writes for longer has other plans. */
const patienceMs = 60_000
const usualWaitMs = 1_000

export function patientFetch(fetch: Fetch): Fetch {
  return async (request) => {
    const deadline = performance.now() + patienceMs
    for (;;) {
      const response = await fetch(request)
      if (response.status !== 429 || performance.now() > deadline) return response
      await pause(Number(response.headers['retry-after']) * 1000 || usualWaitMs)
    }
  }
}
