// What is to be done next for an image. Pure.

import type { VirtualMachineImage } from '@sheaf/api'
import { isBeingDeleted } from '@sheaf/api/meta'
import { downloadAgainAfterMs, type StoredImage } from './image-store.ts'
import { isGivenUp } from './status.ts'

/** Keeps the object until its files are gone. */
export const imageFinalizer = 'sheaf.io/virtual-machine-image'

export interface Observed {
  image: VirtualMachineImage
  stored: StoredImage
  /** Machines that stand on it, as namespace/name. */
  users: readonly string[]
}

export type Step =
  | { kind: 'none' }
  | { kind: 'waitUntil'; timeMs: number }
  /** Somebody stands on it: it is looked at again soon. */
  | { kind: 'waitForUsers' }
  | { kind: 'download'; url: string; sha512: string | undefined }
  /** What a download left that is not tried again. */
  | { kind: 'discard' }
  | { kind: 'removeFiles' }
  | { kind: 'releaseObject' }

/** Asked after the status has been reported: what it counts, it counts already. */
export function decideNextStep({ image, stored, users }: Observed, nowMs: number): Step {
  if (isBeingDeleted(image)) return decideEnd(image, stored, users)
  const { sourceType, url, checksum } = image.spec
  if (sourceType !== 'download' || url === undefined || stored.kind === 'there' || stored.kind === 'receiving')
    return { kind: 'none' }
  if (isGivenUp(image)) return stored.kind === 'failed' ? { kind: 'discard' } : { kind: 'none' }
  const failedAtMs = Date.parse(image.status?.lastFailedTime ?? '')
  // A failure that has not happened yet was told by a clock that went wrong.
  if (failedAtMs <= nowMs && nowMs < failedAtMs + downloadAgainAfterMs)
    return { kind: 'waitUntil', timeMs: failedAtMs + downloadAgainAfterMs }
  return { kind: 'download', url, sha512: checksum === '' ? undefined : checksum }
}

function decideEnd({ metadata }: VirtualMachineImage, stored: StoredImage, users: readonly string[]): Step {
  if (metadata.finalizers?.includes(imageFinalizer) !== true) return { kind: 'none' }
  if (users.length > 0) return { kind: 'waitForUsers' }
  return stored.kind === 'none' ? { kind: 'releaseObject' } : { kind: 'removeFiles' }
}
