// Who is served next when more is asked for than can be done at once: everybody in turn, whoever asks for more waits behind
// itself. Knows nothing of requests.

export interface TurnLimits {
  /** How many are served at once. */
  seats: number
  /** Of these, how many one flow may hold: the others find a seat at once, however long those take. */
  seatsOfOneFlow: number
  /** How many of one flow may wait. */
  waiting: number
  /** How large those that wait may be together, in bytes. */
  waitingBytes: number
}

export interface Turns {
  /** What gives the seat back, at once or when it is this one's turn. Undefined: too many of this flow wait already. */
  take(wanted: Wanted): (() => void) | Promise<() => void> | undefined
  /** How many wait, of all flows. */
  readonly waiting: number
}

export interface Wanted {
  flow: string
  bytes: number
  /** One that is refused never: it waits however many do. */
  isPatient?: boolean
  /** Aborted: it does not wait any more, and gets its turn at once so that whoever serves it finds out. */
  signal?: AbortSignal | undefined
}

interface Waiter {
  bytes: number
  seat(): void
}

interface Flow {
  seated: number
  waiting: Set<Waiter>
  waitingBytes: number
}

export function createTurns(limits: TurnLimits): Turns {
  /** Those that have something seated or waiting. The one that was served last stands last. */
  const flows = new Map<string, Flow>()
  let seated = 0
  let waiting = 0

  const mayBeSeated = (flow: Flow): boolean => seated < limits.seats && flow.seated < limits.seatsOfOneFlow

  function sit(name: string, flow: Flow): () => void {
    seated += 1
    flow.seated += 1
    flows.delete(name)
    flows.set(name, flow)
    let isSeated = true
    return () => {
      if (!isSeated) return
      isSeated = false
      seated -= 1
      flow.seated -= 1
      callNext()
      if (flow.seated === 0 && flow.waiting.size === 0) flows.delete(name)
    }
  }

  function callNext(): void {
    if (waiting === 0) return
    for (const flow of flows.values()) {
      if (seated >= limits.seats) return
      const [first] = flow.waiting
      if (first === undefined || !mayBeSeated(flow)) continue
      first.seat()
      return
    }
  }

  function leave(flow: Flow, waiter: Waiter): void {
    if (!flow.waiting.delete(waiter)) return
    flow.waitingBytes -= waiter.bytes
    waiting -= 1
  }

  return {
    take({ flow: name, bytes, isPatient = false, signal }) {
      const flow = flows.get(name) ?? { seated: 0, waiting: new Set(), waitingBytes: 0 }
      if (flow.waiting.size === 0 && mayBeSeated(flow)) return sit(name, flow)
      const isFull = flow.waiting.size >= limits.waiting || flow.waitingBytes + bytes > limits.waitingBytes
      if (isFull && !isPatient) return undefined
      flows.set(name, flow)
      return new Promise((resolve) => {
        const waiter: Waiter = {
          bytes,
          seat() {
            leave(flow, waiter)
            signal?.removeEventListener('abort', goAway)
            resolve(sit(name, flow))
          },
        }
        const goAway = (): void => {
          leave(flow, waiter)
          resolve(() => {})
        }
        flow.waiting.add(waiter)
        flow.waitingBytes += bytes
        waiting += 1
        signal?.addEventListener('abort', goAway, { once: true })
      })
    },
    get waiting() {
      return waiting
    },
  }
}
