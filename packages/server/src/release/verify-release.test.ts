// Over small ISOs that xorriso makes here.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IsoUnreadable } from './iso-files.ts'
import { metadataText } from './metadata.ts'
import { generateKeys, readPublicKey } from './minisign.ts'
import { makeSampleRelease, sampleMetadata, samplePayload as payload, type SampleRelease } from './sample-release.fixture.ts'
import { inspectRelease, ReleaseRefused, verifyRelease } from './verify-release.ts'

const keys = generateKeys()
const trusted = [readPublicKey(keys.publicFile)]

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-release-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0

/** `change` is what somebody does to the files after they were signed; `undefined` takes one away. */
function isoWith(change: SampleRelease['change'] = {}, description = metadataText(sampleMetadata)): string {
  return makeSampleRelease(join(folder, `${++count}.iso`), { keys, description, change })
}

describe('RE4 a release', () => {
  it('that is whole and signed by a trusted key is taken for what it says of itself', async () => {
    const progress: number[] = []
    const release = await verifyRelease(isoWith(), { trusted, onProgress: (done) => progress.push(done) })
    expect(release.metadata).toEqual(sampleMetadata)
    expect(release.keyId).toBe(keys.id)
    expect(release.files.map(({ path }) => path)).toEqual(["it's here.txt", 'payload.tar.zst', 'release.yaml'])
    expect(progress.at(-1)).toBe(release.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
  })

  it.each<[string, string, string, Readonly<Record<string, string | undefined>>]>([
    ['with another payload', 'damaged', 'payload.tar.zst is not the one', { 'payload.tar.zst': 'q'.repeat(100_000) }],
    ['with a shorter payload', 'damaged', 'has 1 bytes where 100000 were signed', { 'payload.tar.zst': 'q' }],
    ['without its payload', 'damaged', 'has no bytes', { 'payload.tar.zst': undefined }],
    ['with another description', 'damaged', 'release.yaml is not the one', { 'release.yaml': 'version: 9.9.9\n' }],
    ['with another manifest', 'invalid-signature', 'not what the key', { manifest: 'sheaf-manifest 1\n' }],
    ['without a signature', 'missing-signature', 'holds no manifest.minisig', { 'manifest.minisig': undefined }],
    ['with nonsense for a signature', 'invalid-signature', 'not in minisign format', { 'manifest.minisig': 'x' }],
    ['that is something else', 'not-a-release', 'holds no manifest', { manifest: undefined }],
  ])('%s is refused as %s', async (_, problem, words, change) => {
    const refusal = await verifyRelease(isoWith(change), { trusted }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ problem, message: expect.stringContaining(words) as string })
  })

  it('that somebody else signed is refused, and who it was is said', async () => {
    const others = [readPublicKey(generateKeys().publicFile)]
    const refusal = await inspectRelease(isoWith(), others).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ problem: 'untrusted', message: expect.stringContaining(keys.id) as string })
  })

  it.each([
    ['version: 1.1.0\n', 'payload is missing'],
    ['- a\n', 'not a mapping'],
    ['a: [\n', 'not YAML'],
    [metadataText({ ...sampleMetadata, releaseDate: 'yesterday' }), 'releaseDate is no time'],
  ])('that describes itself as %j is refused', async (description, words) => {
    const refusal = await inspectRelease(isoWith({}, description), trusted).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ problem: 'not-a-release', message: expect.stringContaining(words) as string })
  })

  it('that was cut off while it was copied is refused, wherever it ends', async () => {
    const whole = readFileSync(isoWith())
    const end = whole.indexOf(Buffer.from(payload)) + payload.length
    for (const length of [0, 1000, 40_000, end - payload.length, end - 1]) {
      const cut = join(folder, 'cut.iso')
      writeFileSync(cut, whole.subarray(0, length))
      const refusal = await verifyRelease(cut, { trusted }).catch((error: unknown) => error)
      expect(refusal instanceof ReleaseRefused || refusal instanceof IsoUnreadable, `${length}: ${String(refusal)}`).toBe(true)
    }
  })
})
