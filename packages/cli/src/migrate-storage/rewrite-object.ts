// Rewrites one stored object, or finds out why not. Whoever writes it at the same time wins, and is looked at again.

import { type Deprecation, rewriteStored, type StoredRewrite } from '@sheaf/api'
import type { ResourceClient } from '@sheaf/api/client'
import { type ApiObject, keyOf, StatusError } from '@sheaf/api/meta'

/** Controllers write an object a few times in a row when something happens to it, not ten times. */
const mostAttempts = 10

export type Outcome =
  | { kind: 'rewritten'; changes: readonly Deprecation[] }
  /** Somebody else has done it meanwhile, or deleted the object. */
  | { kind: 'done already' }
  | { kind: 'failed'; why: string; next: string }

export interface RewriteOptions {
  rules?: ReadonlySet<string> | undefined
  dryRun: boolean
}

/** `object` as it was listed. */
export async function rewriteObject(
  objects: ResourceClient<ApiObject>,
  object: ApiObject,
  { rules, dryRun }: RewriteOptions,
): Promise<Outcome> {
  let current: ApiObject | undefined = object
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const { patch, rewritten }: StoredRewrite = rewriteStored(current, rules)
    if (patch === undefined) return { kind: 'done already' }
    const refusal = await refusalOf(() => objects.patch(keyOf(object), patch, { type: 'json', dryRun }))
    if (refusal === undefined) return { kind: 'rewritten', changes: rewritten }
    const before: string | undefined = current.metadata.resourceVersion
    current = await objects.find(keyOf(object))
    if (current === undefined) return { kind: 'done already' }
    // Servers say in different words that a test did not hold. That the object is another by now says the same.
    if (current.metadata.resourceVersion === before) return refused(refusal)
  }
  return { kind: 'failed', why: 'it changes faster than it can be rewritten', next: 'Run this again when it is at rest.' }
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

function refused({ code, message }: StatusError): Outcome {
  const next =
    code === 403
      ? 'Ask for the right to patch it, or let somebody run this who has it.'
      : 'Mend what the server names, for example with kubectl edit, and run this again.'
  return { kind: 'failed', why: message, next }
}
