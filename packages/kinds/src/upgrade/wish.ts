// What people ask of an upgrade that has begun, and which checks they take the risk of: annotations. Ours, and Harvester's
// where they mean the same. Pure.

import { type Upgrade, upgradeAnnotations } from '@sheaf/api'
import { isBeingDeleted } from '@sheaf/api/meta'
import type { Wish } from '@sheaf/upgrade'

export const pausedAnnotation = 'sheaf.io/upgrade-paused'
export const abortedAnnotation = 'sheaf.io/upgrade-aborted'
/** Boolean text: guests that an older QEMU runs are to be moved to the one that is installed. */
export const moveGuestsAnnotation = 'sheaf.io/move-guests'
/** Ids of checks, with commas between. */
export const overrideAnnotation = 'sheaf.io/override'
/** A duration in seconds, such as `90s`: how long a release may take to prove itself. */
export const confirmTimeoutAnnotation = 'sheaf.io/confirm-timeout'

/** Harvester's words for checks that are to be skipped, and ours. */
const skips: Readonly<Record<string, readonly string[]>> = {
  [upgradeAnnotations.skipVersionCheck]: ['version-path', 'not-older-than'],
}

type Annotated = Pick<Upgrade, 'metadata'>

const annotation = ({ metadata }: Annotated, name: string): string | undefined => metadata.annotations?.[name]

const isTrue = (text: string | undefined): boolean => text?.toLowerCase() === 'true'

export interface WishFacts {
  nodeName: string
  /** Everything before the switch is done. */
  isAtSwitch: boolean
}

export function wishOf(upgrade: Upgrade, { nodeName, isAtSwitch }: WishFacts): Wish {
  return {
    paused: isTrue(annotation(upgrade, pausedAnnotation)) || (isAtSwitch && isNodePaused(upgrade, nodeName)),
    // Whoever deletes it wants it to be as if it had not been begun.
    aborted: isTrue(annotation(upgrade, abortedAnnotation)) || isBeingDeleted(upgrade),
    movesGuests: isTrue(annotation(upgrade, moveGuestsAnnotation)),
  }
}

export function isNodePaused(upgrade: Annotated, nodeName: string): boolean {
  const map = pauseMapOf(annotation(upgrade, upgradeAnnotations.pauseMap))
  return map?.[nodeName] === 'pause'
}

/** Undefined when there is none, or it cannot be read: admission has refused that. */
function pauseMapOf(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const said: unknown = JSON.parse(text ?? 'null')
    return typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Ids of checks that are not to stand in the way. */
export function overridesOf(upgrade: Annotated): string[] {
  const named = (annotation(upgrade, overrideAnnotation) ?? '').split(',').map((id) => id.trim())
  const skipped = Object.entries(skips).flatMap(([name, ids]) => (isTrue(annotation(upgrade, name)) ? ids : []))
  return [...new Set([...named.filter((id) => id !== ''), ...skipped])]
}

/** Taking up many guests on a slow machine takes some seconds; whoever hangs is to be taken back before anybody despairs. */
const usualConfirmMs = 60_000
const shortestConfirmMs = 5_000
const longestConfirmMs = 30 * 60_000

/** How long the release may take to prove itself; what cannot be read is as if it were not there. */
export function confirmTimeoutMs(upgrade: Annotated): number {
  const found = /^(\d{1,5})s$/.exec(annotation(upgrade, confirmTimeoutAnnotation) ?? '')
  if (found === null) return usualConfirmMs
  return Math.min(longestConfirmMs, Math.max(shortestConfirmMs, Number(found[1]) * 1000))
}
