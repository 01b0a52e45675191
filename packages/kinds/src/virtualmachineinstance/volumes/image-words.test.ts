import type { ImageSight } from '@sheaf/qemu'
import { describe, expect, it } from 'vitest'
import { imageRefusal, pullEvents } from './image-words.ts'

const pulled = { pullMs: 1234, pullWithWaitMs: 2000, packedBytes: 4711 }
const pulling: ImageSight = { kind: 'pulling', receivedBytes: 0, totalBytes: undefined }
const half: ImageSight = { kind: 'pulling', receivedBytes: 2 ** 19, totalBytes: 2 ** 20 }
const failed: ImageSight = { kind: 'failed', message: 'unauthorized', failedAtMs: 1000, retryAtMs: 11_000 }
const there: ImageSight = { kind: 'there', folder: '/pulled', pulled }
const refusalOf = (nowMs: number, ...sights: [string, ImageSight][]) => imageRefusal(new Map(sights), '/images', nowMs)

describe('what keeps an instance whose image is not there', () => {
  it.each([
    [pulling, 'Pulling', 'pulling image "a": asking the registry'],
    [half, 'Pulling', 'pulling image "a": 0.5 MiB of 1.0 MiB (50 %)'],
    [failed, 'ErrImagePull', 'Failed to pull image "a": unauthorized'],
    [{ kind: 'neverPulled' }, 'ErrImageNeverPull', 'Container image "a" is not present with pull policy of Never'],
    [
      { kind: 'notLocal' },
      'ErrImagePull',
      'image "a" not found in /images; images are folders there, such as sheaf.local/guest/latest',
    ],
    [{ kind: 'misnamed', message: '"a" is no name' }, 'InvalidImageName', '"a" is no name'],
  ] as const)("IM4 is told in kubelet's words: %j", (sight, reason, message) => {
    expect(refusalOf(2000, ['a', sight])).toEqual({ condition: 'Synchronized', reason, message })
  })

  it('IM4 is a failure first, then the wait for the next try', () => {
    expect(refusalOf(5_999, ['a', failed]).reason).toBe('ErrImagePull')
    expect(refusalOf(6_000, ['a', failed])).toMatchObject({
      reason: 'ImagePullBackOff',
      message: 'Back-off pulling image "a": ErrImagePull: unauthorized',
    })
  })

  it('IM3 is all pulls together, and a failure before them', () => {
    expect(refusalOf(0, ['a', pulling], ['b', half], ['c', there]).message).toBe(
      'pulling image "a": asking the registry; pulling image "b": 0.5 MiB of 1.0 MiB (50 %)',
    )
    expect(refusalOf(1000, ['a', pulling], ['b', failed]).reason).toBe('ErrImagePull')
  })
})

describe('events of a pull', () => {
  const told = (message: string) => [{ type: 'Synchronized', status: 'False' as const, reason: 'Pulling', message }]

  it('IM3 are one at its beginning and one at its end, however often it is looked at', () => {
    expect(pullEvents(undefined, new Map([['a', pulling]]))).toEqual([
      { type: 'Normal', reason: 'Pulling', message: 'Pulling image "a"' },
    ])
    expect(pullEvents(told('pulling image "a": asking the registry'), new Map([['a', half]]))).toEqual([])
    expect(pullEvents(told('pulling image "a": asking the registry'), new Map([['a', there]]))).toEqual([
      {
        type: 'Normal',
        reason: 'Pulled',
        message: 'Successfully pulled image "a" in 1.234s (2s including waiting). Image size: 4711 bytes.',
      },
    ])
    expect(pullEvents(undefined, new Map([['a', there]]))).toEqual([])
  })

  it('IM3 are of each image for itself', () => {
    const before = told('pulling image "b": asking the registry')
    const now = new Map<string, ImageSight>([
      ['a', pulling],
      ['b', there],
    ])
    expect(pullEvents(before, now).map(({ reason }) => reason)).toEqual(['Pulling', 'Pulled'])
  })
})
