// What is said of images that are not there yet, in kubelet's words. Pure.

import { type Condition, findCondition } from '@sheaf/api/meta'
import type { EventText } from '@sheaf/machinery/controller'
import type { ImageSight } from '@sheaf/qemu'
import type { ImageSights } from './image-sights.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** For so long a failure is news; then it is waited for the next try. */
const failureIsNewsMs = 5_000

/** What keeps the machine: a failure before a pull that goes on. Only to be asked when some image is not there. */
export function imageRefusal(sights: ImageSights, libraryFolder: string, nowMs: number): Refusal {
  const failures = [...sights].flatMap(([reference, sight]) => failureOf(reference, sight, libraryFolder, nowMs) ?? [])
  const pulls = [...sights].flatMap(([reference, sight]) => (sight.kind === 'pulling' ? [progressOf(reference, sight)] : []))
  return failures[0] ?? refuse('Synchronized', 'Pulling', pulls.join('; '))
}

function failureOf(reference: string, sight: ImageSight, libraryFolder: string, nowMs: number): Refusal | undefined {
  switch (sight.kind) {
    case 'there':
    case 'pulling':
      return undefined
    case 'failed':
      return nowMs - sight.failedAtMs < failureIsNewsMs
        ? refuse('Synchronized', 'ErrImagePull', `Failed to pull image "${reference}": ${sight.message}`)
        : refuse('Synchronized', 'ImagePullBackOff', `Back-off pulling image "${reference}": ErrImagePull: ${sight.message}`)
    case 'neverPulled':
      return refuse(
        'Synchronized',
        'ErrImageNeverPull',
        `Container image "${reference}" is not present with pull policy of Never`,
      )
    case 'notLocal':
      return refuse(
        'Synchronized',
        'ErrImagePull',
        `image "${reference}" not found in ${libraryFolder}; images are folders there, such as sheaf.local/guest/latest`,
      )
    case 'misnamed':
      return refuse('Synchronized', 'InvalidImageName', sight.message)
  }
}

/** Begins as `isToldAsPulling` looks for it. */
function progressOf(reference: string, { receivedBytes, totalBytes }: Extract<ImageSight, { kind: 'pulling' }>): string {
  if (totalBytes === undefined) return `${pulling(reference)} asking the registry`
  const percent = totalBytes === 0 ? 100 : Math.floor((100 * receivedBytes) / totalBytes)
  return `${pulling(reference)} ${mebibytes(receivedBytes)} of ${mebibytes(totalBytes)} (${percent} %)`
}

const pulling = (reference: string): string => `pulling image "${reference}":`
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** What has begun and what has ended since the conditions were written. */
export function pullEvents(before: readonly Condition[] | undefined, sights: ImageSights): EventText[] {
  const told = findCondition(before, 'Synchronized')
  return [...sights].flatMap(([reference, sight]): EventText[] => {
    const wasPulling = told?.reason === 'Pulling' && told.message?.includes(pulling(reference)) === true
    if (sight.kind === 'pulling' && !wasPulling)
      return [{ type: 'Normal', reason: 'Pulling', message: `Pulling image "${reference}"` }]
    if (sight.kind !== 'there' || sight.pulled === undefined || !wasPulling) return []
    const { pullMs, pullWithWaitMs, packedBytes } = sight.pulled
    const message = `Successfully pulled image "${reference}" in ${seconds(pullMs)} (${seconds(pullWithWaitMs)} including waiting). Image size: ${packedBytes} bytes.`
    return [{ type: 'Normal', reason: 'Pulled', message }]
  })
}

const seconds = (ms: number): string => (ms < 1000 ? `${ms}ms` : `${ms / 1000}s`)
