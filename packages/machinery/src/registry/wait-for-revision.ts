// For readers who have seen a newer revision elsewhere.

import { StatusError } from '@sheaf/api/meta'
import type { Registry } from './registry.ts'

/** As long as kube-apiserver waits: a client that read from a newer place is rarely ahead for longer. */
const maxWaitMs = 3_000

/** Throws Timeout when the store does not get to `revision` soon: the client remembers a store that is no more. */
export async function waitForRevision({ revisions, store }: Registry, revision: number): Promise<void> {
  if (await revisions.reached(revision, maxWaitMs)) return
  const message = `Too large resource version: ${revision}, current: ${store.revision}`
  throw new StatusError(504, 'Timeout', `Timeout: ${message}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}
