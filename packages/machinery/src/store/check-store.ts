// Whether a store is whole, open or not: every page of its file is read and looked at.

import { runInWorker } from './worker-run.ts'

export interface StoreCheck {
  path: string
  /** As for openDiskStore. */
  workerUrl?: URL
}

/** What is wrong with it, in a sentence; undefined when nothing is. Its writers do not wait, and neither does this thread. */
export async function checkStore({ path, workerUrl }: StoreCheck): Promise<string | undefined> {
  const reply = await runInWorker(workerUrl, { kind: 'check', path })
  if (reply.kind === 'done') return undefined
  const words = reply.cause instanceof Error ? reply.cause.message : String(reply.cause)
  return `the store ${path} is not whole: ${words}`
}
