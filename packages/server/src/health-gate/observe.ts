// What the health gate sees of this server.

import { type Client, createClient, type Fetch } from '@sheaf/api/client'
import type { Hypervisor } from '@sheaf/qemu'
import type { RunningControllers } from '../controllers.ts'
import type { GuestRecord } from '../hand-over/record.ts'
import { isAtRest } from './at-rest.ts'
import type { HealthSight } from './decide.ts'
import { watchDelivers } from './watch-probe.ts'

export interface HealthWorld {
  /** Through the port that clients use. */
  front: Fetch
  /** Of the server's own controllers. */
  inside: Client
  hypervisor: Pick<Hypervisor, 'list'>
  controllers: Pick<RunningControllers, 'whenAllSynced' | 'snapshots'>
  heldDeeds: () => number
  guestsBefore: readonly GuestRecord[] | undefined
  signal: AbortSignal
}

/** Each call looks once more; what has to happen only once is remembered. */
export function healthObserver(world: HealthWorld): () => Promise<HealthSight> {
  const { front, inside, hypervisor, controllers, heldDeeds, guestsBefore, signal } = world
  const outside = createClient({ fetch: front, userAgent: 'sheaf-health-gate' })
  let isSynced = false
  let watch: 'idle' | 'open' | 'delivered' = 'idle'
  void controllers.whenAllSynced().then(() => (isSynced = true))

  /** One that fails is opened anew at the next look. */
  function probeWatch(): void {
    if (watch !== 'idle') return
    watch = 'open'
    watchDelivers({ outside, inside, signal }).then(
      () => (watch = 'delivered'),
      () => (watch = 'idle'),
    )
  }

  return async () => {
    const api = await askReadiness(front)
    if (api.kind === 'answers') probeWatch()
    const machines = new Map((await hypervisor.list()).map(({ id, state }) => [id, state]))
    const rest = isAtRest(controllers.snapshots(), heldDeeds())
    return { api, watchDelivers: watch === 'delivered', controllers: { isSynced, isAtRest: rest }, guestsBefore, machines }
  }
}

async function askReadiness(front: Fetch): Promise<HealthSight['api']> {
  try {
    const { status } = await front({ method: 'GET', path: '/readyz', headers: {} })
    return status === 200 ? { kind: 'answers' } : { kind: 'silent', trouble: `/readyz answers ${status}` }
  } catch (error) {
    return { kind: 'silent', trouble: error instanceof Error ? error.message : String(error) }
  }
}
