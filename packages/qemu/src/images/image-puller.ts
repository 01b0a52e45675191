// Looks at images by their references, and has those pulled that are asked for and not there. Nobody waits: who looks is
// told how it stands now, and afterwards that there is more to see. One pull serves all who ask for the same.

import { createHash } from 'node:crypto'
import { createPull, type PullerPorts } from './pull-image.ts'
import type { ReferenceRecord } from './pulled-images.ts'
import { type ImageReference, InvalidReference, parseReference, referenceText } from './reference.ts'
import type { RegistryLogin } from './registry-login.ts'

export interface ImageRequest {
  reference: string
  /** When the registry is asked: each time, only when the image is not here, or not at all. */
  policy: 'always' | 'if-not-present' | 'never'
  /** With `always`: an answer of the registry from this moment on is new enough. */
  freshSinceMs: number
  /** Read only when a registry is about to be asked. */
  logins(): Promise<readonly RegistryLogin[]>
}

export type ImageSight =
  /** `folder` holds what the image's root holds. */
  | { kind: 'there'; folder: string; pulled?: { pullMs: number; pullWithWaitMs: number; packedBytes: number } }
  /** `totalBytes` is known when the registry has told what the image consists of. */
  | { kind: 'pulling'; receivedBytes: number; totalBytes: number | undefined }
  /** It is tried again at `retryAtMs` by whoever looks then. */
  | { kind: 'failed'; message: string; failedAtMs: number; retryAtMs: number }
  /** It is not here, and is not to be fetched. */
  | { kind: 'neverPulled' }
  /** Its name says that it is this machine's own, and it is not here. */
  | { kind: 'notLocal' }
  | { kind: 'misnamed'; message: string }

export interface ImagePuller {
  look(request: ImageRequest): Promise<ImageSight>
  /** Says that looking again would show something new; of progress it says so every few seconds. */
  onChange(listener: () => void): { close(): void }
  /** A pull that failed is not held back any longer. */
  forgive(reference: string): void
  /** Resolves when nothing is under way any more. What was begun is gone on with by the next process that is asked. */
  close(): Promise<void>
}

/** kubelet's: the first wait after a failure, and the longest. */
const firstBackoffMs = 10_000
const longestBackoffMs = 300_000
/** Of a failure that nobody has asked about for so long, nothing is remembered. */
const forgetAfterMs = 2 * longestBackoffMs
/** Often enough for a person, seldom enough for whoever writes it down. */
const progressEveryMs = 3_000
/** More at a time would only share the line. */
const mostAtOnce = 3

type Attempt = { askedAtMs: number; failures: number } & (
  | { kind: 'pulling'; receivedBytes: number; totalBytes: number | undefined }
  | { kind: 'failed'; message: string; failedAtMs: number; retryAtMs: number }
)

export function createImagePuller(ports: Omit<PullerPorts, 'signal'>): ImagePuller {
  const end = new AbortController()
  const pullImage = createPull({ ...ports, signal: end.signal })
  const { clock, images } = ports
  const attempts = new Map<string, Attempt>()
  const underWay = new Set<Promise<void>>()
  const listeners = new Set<() => void>()
  const enter = turnstile(mostAtOnce)

  const tell = (): void => listeners.forEach((listener) => listener())

  async function look(request: ImageRequest): Promise<ImageSight> {
    const reference = parsed(request.reference)
    if (reference instanceof InvalidReference) return { kind: 'misnamed', message: reference.message }
    const text = referenceText(reference)
    const found = await images.find(text)
    if (found !== undefined && isFresh(found, reference, request)) return thereAs(found)
    if (request.policy === 'never') return { kind: 'neverPulled' }
    const logins = await request.logins()
    const key = keyOf(text, logins)
    const now = clock.now()
    const before = attempts.get(key)
    if (before !== undefined && (before.kind === 'pulling' || now < before.retryAtMs)) {
      before.askedAtMs = now
      return sightOf(before)
    }
    return sightOf(begin(key, reference, logins, before?.failures ?? 0))
  }

  /** A digest always stands for the same. */
  function isFresh(found: ReferenceRecord, { version }: ImageReference, { policy, freshSinceMs }: ImageRequest): boolean {
    if (policy !== 'always' || version.kind === 'digest') return true
    // A moment that has not come yet was told by a clock that went wrong.
    return found.checkedAtMs >= freshSinceMs && found.checkedAtMs <= clock.now()
  }

  async function thereAs({ digest, pullMs, pullWithWaitMs }: ReferenceRecord): Promise<ImageSight> {
    const packedBytes = (await images.imageOf(digest))?.packedBytes ?? 0
    return { kind: 'there', folder: images.folderOf(digest), pulled: { pullMs, pullWithWaitMs, packedBytes } }
  }

  function begin(key: string, reference: ImageReference, logins: readonly RegistryLogin[], failures: number): Attempt {
    for (const [other, { kind, askedAtMs }] of attempts)
      if (kind === 'failed' && clock.now() - askedAtMs > forgetAfterMs) attempts.delete(other)
    const askedAtMs = clock.now()
    const attempt: Attempt = { kind: 'pulling', receivedBytes: 0, totalBytes: undefined, askedAtMs, failures }
    attempts.set(key, attempt)
    const work = enter(() => pullImage({ reference, logins, askedAtMs, onProgress: progressOf(attempt) })).then(
      () => void attempts.delete(key),
      (error: unknown) => void attempts.set(key, failed(attempt, error)),
    )
    underWay.add(work)
    void work.finally(() => {
      underWay.delete(work)
      if (!end.signal.aborted) tell()
    })
    return attempt
  }

  function progressOf(attempt: Extract<Attempt, { kind: 'pulling' }>): (received: number, total: number) => void {
    let toldAtMs = clock.now()
    return (receivedBytes, totalBytes) => {
      if (clock.now() - toldAtMs < progressEveryMs) return
      toldAtMs = clock.now()
      Object.assign(attempt, { receivedBytes, totalBytes })
      tell()
    }
  }

  function failed({ failures, askedAtMs }: Attempt, error: unknown): Attempt {
    const now = clock.now()
    const waitMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** failures)
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'failed', message, failedAtMs: now, retryAtMs: now + waitMs, askedAtMs, failures: failures + 1 }
  }

  return {
    look,
    onChange(listener) {
      listeners.add(listener)
      return { close: () => void listeners.delete(listener) }
    },
    forgive(reference) {
      const image = parsed(reference)
      if (image instanceof InvalidReference) return
      for (const [key, attempt] of attempts)
        if (attempt.kind === 'failed' && key.startsWith(`${referenceText(image)} `)) attempts.delete(key)
    },
    async close() {
      end.abort(new Error('the server ends'))
      await Promise.allSettled(underWay)
    },
  }
}

function parsed(text: string): ImageReference | InvalidReference {
  try {
    return parseReference(text)
  } catch (error) {
    if (error instanceof InvalidReference) return error
    throw error
  }
}

/** Who has another login may get another answer. */
function keyOf(reference: string, logins: readonly RegistryLogin[]): string {
  return `${reference} ${createHash('sha256').update(JSON.stringify(logins)).digest('hex')}`
}

function sightOf(attempt: Attempt): ImageSight {
  if (attempt.kind === 'pulling') return { kind: 'pulling', receivedBytes: attempt.receivedBytes, totalBytes: attempt.totalBytes }
  const { message, failedAtMs, retryAtMs } = attempt
  return { kind: 'failed', message, failedAtMs, retryAtMs }
}

/** So many at a time; the others wait in line. */
function turnstile(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let inside = 0
  return async (work) => {
    if (inside >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else inside++
    try {
      return await work()
    } finally {
      // Whoever is next takes our place.
      const next = waiting.shift()
      if (next === undefined) inside--
      else next()
    }
  }
}
