// Which guest a client is led to: each in turn, or the one that it was led to before.

import { createHash } from 'node:crypto'
import type { Guest, Lead } from './wanted-doors.ts'

export interface Balance {
  /** All guests of the lead, in the order in which they are to be tried. */
  order(client: string, lead: Lead, nowMs: number): Guest[]
  /** The client is connected to it now. */
  led(client: string, guest: Guest, lead: Lead, nowMs: number): void
}

/** Clients that are remembered: a few megabytes. Whoever came longest ago is forgotten first. */
const mostRemembered = 10_000

export function createBalance(): Balance {
  let turn = 0
  const remembered = new Map<string, { id: string; untilMs: number }>()

  function inTurn(guests: readonly Guest[]): Guest[] {
    const first = turn++ % guests.length
    return [...guests.slice(first), ...guests.slice(0, first)]
  }

  return {
    order(client, { guests, affinitySeconds }, nowMs) {
      if (guests.length === 0) return []
      if (affinitySeconds === undefined) return inTurn(guests)
      const before = remembered.get(client)
      const isKept = ({ id }: Guest): boolean => id === before?.id && nowMs < before.untilMs
      // Without a memory, as after a restart, a client comes to the same guest as long as the guests are the same.
      return guests.toSorted((a, b) => Number(isKept(b)) - Number(isKept(a)) || (weight(client, a) < weight(client, b) ? 1 : -1))
    },
    led(client, { id }, { affinitySeconds }, nowMs) {
      if (affinitySeconds === undefined) return
      remembered.delete(client)
      remembered.set(client, { id, untilMs: nowMs + affinitySeconds * 1000 })
      if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value ?? '')
    },
  }
}

/** Of each pair another one, always the same. */
const weight = (client: string, { id }: Guest): string => createHash('sha256').update(`${client} ${id}`).digest('hex')
