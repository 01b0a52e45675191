// A release as others have it, small, for tests of what is done with any.

import { metadataText, type ReleaseMetadata } from './metadata.ts'
import type { generateKeys } from './minisign.ts'
import { makeSmallRelease, type SmallRelease } from './small-release.fixture.ts'

export const sampleMetadata: ReleaseMetadata = {
  version: '1.1.0',
  releaseDate: '2027-01-01T00:00:00.000Z',
  minUpgradableVersion: '1.0.0',
  knownRisks: [{ id: 'R1', summary: 'disks', mend: 'Look.' }],
  migrations: ['running-to-run-strategy'],
  notes: { en: 'New things.', zh: '新功能。' },
  payload: { path: 'payload.tar.zst', unpackedBytes: 10, unpackedFiles: 1 },
}

export const samplePayload = 'p'.repeat(100_000)

export interface SampleRelease extends Pick<SmallRelease, 'change'> {
  keys: ReturnType<typeof generateKeys>
  description?: string
}

/** Makes it where `iso` says. */
export function makeSampleRelease(
  iso: string,
  { keys, description = metadataText(sampleMetadata), change = {} }: SampleRelease,
): string {
  const files = { 'release.yaml': description, 'payload.tar.zst': samplePayload, "it's here.txt": 'a quote' }
  return makeSmallRelease({ iso, files, secretKey: keys.secretFile, change })
}
