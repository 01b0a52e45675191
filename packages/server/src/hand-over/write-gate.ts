// Holds what clients want to change while one release hands over to another. Reads and streams pass; so does what the server's
// own controllers do, which come through another door.

import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import type { ApiServer } from '@sheaf/machinery/apiserver'
import { refusal } from '../refusal.ts'

type Door = Pick<ApiServer, 'handle' | 'connect'>

export interface WriteGate {
  /** `why` goes on the sentence "writes are held: …". */
  hold(why: string): void
  open(): void
  guard(server: Door): Door
}

/** A hand-over takes about a second. kubectl and client-go wait that long and try again by themselves. */
const retryAfterSeconds = 1

const readingMethods = ['GET', 'HEAD', 'OPTIONS']

export function createWriteGate(): WriteGate {
  let held: string | undefined
  return {
    hold: (why) => void (held = why),
    open: () => void (held = undefined),
    guard: (server) => ({
      handle: (...call) => (held === undefined || reads(call[0]) ? server.handle(...call) : Promise.resolve(heldAnswer(held))),
      connect: (...call) => server.connect(...call),
    }),
  }
}

const reads = ({ method }: ApiRequest): boolean => readingMethods.includes(method.toUpperCase())

function heldAnswer(why: string): ApiResponse {
  const message = `writes are held: ${why}. Guests run on and reads are answered; try again in ${retryAfterSeconds} s`
  const answer = refusal(new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds }))
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } }
}
