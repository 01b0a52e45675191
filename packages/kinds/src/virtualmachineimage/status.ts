// What an image says of itself, in Harvester's conditions and words. Pure.

import {
  type HarvesterCondition,
  type VirtualMachineImage,
  type VirtualMachineImageStatus,
  withHarvesterCondition,
} from '@sheaf/api'
import { findCondition, isBeingDeleted } from '@sheaf/api/meta'
import type { StoredImage } from './image-store.ts'

/** As long as it is not all here, and checked, it is not 100. */
const almostThere = 99

type Said = Pick<HarvesterCondition, 'type' | 'status' | 'reason' | 'message'>

/** Whether a download failed more often than it is to be tried again. */
export function isGivenUp({ spec, status }: VirtualMachineImage): boolean {
  return (status?.failed ?? 0) > (spec.retry ?? 0)
}

export function isImported({ status }: VirtualMachineImage): boolean {
  return findCondition(status?.conditions, 'Imported')?.status === 'True'
}

/** `now` is RFC 3339; of a failure, the time in `stored` counts. */
export function statusOf(
  image: VirtualMachineImage,
  stored: StoredImage,
  users: readonly string[],
  now: string,
): VirtualMachineImageStatus {
  if (!isBeingDeleted(image)) return progressOf(image, stored, now)
  const isTold = findCondition(image.status?.conditions, 'InUse') !== undefined
  return withAll(image.status ?? {}, users.length > 0 || isTold ? [useBy(users)] : [], now)
}

function progressOf(image: VirtualMachineImage, stored: StoredImage, now: string): VirtualMachineImageStatus {
  const { url } = image.spec
  const before: VirtualMachineImageStatus = { ...image.status, ...(url === undefined ? {} : { appliedUrl: url }) }
  switch (stored.kind) {
    case 'there': {
      const { sizeBytes: size, virtualSizeBytes: virtualSize } = stored
      const isRetried = findCondition(before.conditions, 'RetryLimitExceeded') !== undefined
      const said: Said[] = [
        initialized,
        { type: 'Imported', status: 'True', reason: 'Imported' },
        ...(isRetried ? [{ type: 'RetryLimitExceeded', status: 'False' } as const] : []),
      ]
      return withAll({ ...before, progress: 100, size, virtualSize }, said, now)
    }
    case 'receiving':
      return withAll({ ...before, ...shareOf(stored) }, [initialized, importing()], now)
    case 'failed':
      return image.spec.sourceType === 'download' ? failed(image, before, stored, now) : uploadFailed(before, stored, now)
    case 'none':
      // What was said of a failure is said until there is something else to say.
      if (before.conditions?.some(({ type }) => type === 'Imported') === true && !isImported(image)) return before
      return withAll({ ...before, progress: 0 }, [initialized, importing()], now)
  }
}

const initialized: Said = { type: 'Initialized', status: 'True', reason: 'Initialized' }

const importing = (message?: string): Said => ({
  type: 'Imported',
  status: 'Unknown',
  reason: 'Importing',
  ...(message === undefined ? {} : { message }),
})

function shareOf({ receivedBytes, totalBytes }: Extract<StoredImage, { kind: 'receiving' }>): VirtualMachineImageStatus {
  if (totalBytes === undefined || totalBytes === 0) return { progress: 0 }
  return { progress: Math.min(almostThere, Math.floor((100 * receivedBytes) / totalBytes)), size: totalBytes }
}

/** Counted once: the time of the failure that was counted last is kept with the count. */
function failed(
  { spec, status }: VirtualMachineImage,
  before: VirtualMachineImageStatus,
  { message, failedAtMs }: Extract<StoredImage, { kind: 'failed' }>,
  now: string,
): VirtualMachineImageStatus {
  const lastFailedTime = new Date(failedAtMs).toISOString()
  if (status?.lastFailedTime === lastFailedTime) return before
  const count = (status?.failed ?? 0) + 1
  const { retry = 0 } = spec
  const why = `failed due to error: ${message}`
  const text = count > 1 ? `retry attempted ${count - 1}/${retry} ${why}` : why
  const said: Said[] =
    count > retry
      ? [
          { type: 'RetryLimitExceeded', status: 'True', message: text },
          { ...initialized, status: 'False', message: text },
          { type: 'Imported', status: 'False', reason: 'ImportFailed', message: text },
        ]
      : [{ type: 'RetryLimitExceeded', status: 'False', message: text }, initialized, importing(text)]
  return withAll({ ...before, failed: count, lastFailedTime, progress: 0 }, said, now)
}

function uploadFailed(
  before: VirtualMachineImageStatus,
  { message }: Extract<StoredImage, { kind: 'failed' }>,
  now: string,
): VirtualMachineImageStatus {
  return withAll(
    { ...before, progress: 0 },
    [initialized, { type: 'Imported', status: 'False', reason: 'UploadFailed', message }],
    now,
  )
}

function useBy(users: readonly string[]): Said {
  if (users.length === 0) return { type: 'InUse', status: 'False' }
  const message = `the image goes when no machine stands on it any more: stop ${users.join(', ')}`
  return { type: 'InUse', status: 'True', reason: 'MachinesRun', message }
}

function withAll(status: VirtualMachineImageStatus, said: readonly Said[], now: string): VirtualMachineImageStatus {
  let { conditions } = status
  for (const each of said) conditions = withHarvesterCondition(conditions, each, now)
  return { ...status, ...(conditions === undefined ? {} : { conditions }) }
}
