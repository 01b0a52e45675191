// Patches one stored object on condition that it is as it was read. Whoever writes it at the same time wins, and what they
// wrote is looked at again.

import { type ApiObject, type Json, keyOf, StatusError } from '../meta/index.ts'
import type { ResourceClient } from './client.ts'

/** Controllers write an object a few times in a row when something happens to it, not ten times. */
const mostAttempts = 10

export interface PlannedPatch {
  /** JSON patch, with a test of what it was made from. */
  patch: Json[]
}

export type PatchOutcome<P> =
  | { kind: 'patched'; plan: P }
  /** There was nothing to do, or the object is gone. */
  | { kind: 'nothing to do' }
  | { kind: 'refused'; error: StatusError }
  | { kind: 'changes too fast' }

/** `object` as it was listed. `plan` is asked anew for each state of it; undefined: nothing is to be done. */
export async function patchStored<P extends PlannedPatch>(
  objects: ResourceClient<ApiObject>,
  object: ApiObject,
  plan: (current: ApiObject) => P | undefined | Promise<P | undefined>,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<PatchOutcome<P>> {
  const key = keyOf(object)
  let current: ApiObject | undefined = object
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const planned: P | undefined = await plan(current)
    if (planned === undefined) return { kind: 'nothing to do' }
    const refusal = await refusalOf(() => objects.patch(key, planned.patch, { type: 'json', dryRun }))
    if (refusal === undefined) return { kind: 'patched', plan: planned }
    const before: string | undefined = current.metadata.resourceVersion
    current = await objects.find(key)
    if (current === undefined) return { kind: 'nothing to do' }
    // Servers say in different words that a test did not hold. That the object is another by now says the same.
    if (current.metadata.resourceVersion === before) return { kind: 'refused', error: refusal }
  }
  return { kind: 'changes too fast' }
}

async function refusalOf(write: () => Promise<unknown>): Promise<StatusError | undefined> {
  try {
    await write()
    return undefined
  } catch (error) {
    // A server that is away, or too busy, is no reason to go on to the next one.
    if (error instanceof StatusError && error.code < 500 && error.code !== 429 && error.code !== 401) return error
    throw error
  }
}

/** What a person is told of an object that was left as it is. */
export function whyNotPatched(outcome: Extract<PatchOutcome<never>, { kind: 'refused' | 'changes too fast' }>): {
  why: string
  next: string
} {
  if (outcome.kind === 'changes too fast')
    return { why: 'it changes faster than it can be rewritten', next: 'Run this again when it is at rest.' }
  const { code, message } = outcome.error
  const next =
    code === 403
      ? 'Ask for the right to patch it, or let somebody run this who has it.'
      : 'Mend what the server names, for example with kubectl edit, and run this again.'
  return { why: message, next }
}
