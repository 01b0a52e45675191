// One client that asks for too much makes itself wait, and nobody else: people's requests are answered beside a script that
// lists everything a thousand times. The controllers have a door of their own and do not stand in this queue.

import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import { StatusError } from '@sheaf/api/meta'
import type { ApiServer } from '@sheaf/machinery/apiserver'
import type { UserInfo } from '@sheaf/machinery/kind'
import { isWatch } from '../is-watch.ts'
import { refusal } from '../refusal.ts'
import { createTurns, type TurnLimits } from './turns.ts'

export interface FairShareObserver {
  /** A request was refused because too many of its user wait already. */
  refusedForHaste(user: UserInfo): void
}

/**
 * One thread answers all: seats are for requests that wait for something else, a guest or the disk, where many writes share one sync.
 * Each seat of others is a millisecond or so that a person waits. The queue is what a burst of `kubectl apply` of a large folder
 * needs, and 32 MiB what a small machine can spare.
 */
export const fairLimits: TurnLimits = { seats: 128, seatsOfOneFlow: 96, waiting: 500, waitingBytes: 32 * 1024 * 1024 }

/** client-go, kubectl and we try again by themselves when they are told so. */
const retryAfterSeconds = 1

/** What a watchdog or a balancer asks is answered whatever else goes on. */
const exemptPaths = /^\/(healthz|livez|readyz|metrics)(\/|\?|$)/

type Door = Pick<ApiServer, 'handle' | 'connect'>

export function createFairShare(observer: FairShareObserver) {
  const turns = createTurns(fairLimits)
  return {
    guard: (server: Door): Door => ({
      async handle(request, user, onDecision) {
        if (exemptPaths.test(request.path)) return server.handle(request, user, onDecision)
        const turn = turns.take({
          flow: flowOf(request, user),
          bytes: request.body?.length ?? 0,
          // A watch that is refused makes an informer list again, which is what there is too much of.
          isPatient: isWatch(request),
          signal: request.signal,
        })
        if (turn === undefined) {
          observer.refusedForHaste(user)
          return tooMany(user)
        }
        const giveBack = turn instanceof Promise ? await turn : turn
        try {
          // A watch has given its seat back once it has begun: it lasts as long as its reader likes.
          return await server.handle(request, user, onDecision)
        } finally {
          giveBack()
        }
      },
      connect: (...call) => server.connect(...call),
    }),
  }
}

/**
 * A user is a flow. Whoever may do everything is often several programs that share one kubeconfig: each of these is one, by the
 * name that it gives itself. Nobody else can make flows by changing a header.
 */
function flowOf({ headers }: ApiRequest, { username, groups }: UserInfo): string {
  if (!groups.includes('system:masters')) return username
  const [program = ''] = /^[^/\s]{0,64}/.exec(headers['user-agent'] ?? '') ?? []
  return `${username} by ${program}`
}

function tooMany({ username }: UserInfo): ApiResponse {
  const message = `Too many requests: as many of ${username} wait as may wait of one. Others are served meanwhile; ask for less at once, and again in ${retryAfterSeconds} s`
  const answer = refusal(new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds }))
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } }
}
