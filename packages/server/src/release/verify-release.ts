// Whether an ISO is a release, who signed it, and whether it is whole.

import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { type IsoFiles, NotInIso, openIso } from './iso-files.ts'
import { type ManifestFile, ManifestInvalid, parseManifest } from './manifest.ts'
import { MetadataInvalid, parseMetadata, type ReleaseMetadata } from './metadata.ts'
import { type PublicKey, SignatureInvalid, signerOf, verifySignature } from './minisign.ts'

export interface Release {
  metadata: ReleaseMetadata
  files: readonly ManifestFile[]
  /** Of the key that signed it, which is one of the trusted. */
  keyId: string
}

/** `untrusted`: whole as far as can be told, and signed by somebody we do not know. */
export type ReleaseProblem = 'not-a-release' | 'missing-signature' | 'untrusted' | 'invalid-signature' | 'damaged'

export class ReleaseRefused extends Error {
  readonly problem: ReleaseProblem
  constructor(problem: ReleaseProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.problem = problem
  }
}

export interface VerifyOptions {
  trusted: readonly PublicKey[]
  /** Told how many of how many bytes are checked. */
  onProgress?: (done: number, of: number) => void
  signal?: AbortSignal
}

export const manifestPath = 'manifest'
export const signaturePath = 'manifest.minisig'
export const metadataPath = 'release.yaml'

/** Reads every file of it once. Throws ReleaseRefused, or IsoUnreadable. */
export async function verifyRelease(path: string, { trusted, onProgress, signal }: VerifyOptions): Promise<Release> {
  const iso = await openIso(path)
  const release = await readSigned(iso, trusted)
  await checkFiles(iso, release.files, onProgress, signal)
  return release
}

/** What the signature covers, without the files themselves: quick. Throws ReleaseRefused, or IsoUnreadable. */
export async function inspectRelease(path: string, trusted: readonly PublicKey[]): Promise<Release> {
  return readSigned(await openIso(path), trusted)
}

async function readSigned(iso: IsoFiles, trusted: readonly PublicKey[]): Promise<Release> {
  const manifest = await readOr(iso, manifestPath, 'not-a-release')
  const signature = (await readOr(iso, signaturePath, 'missing-signature')).toString()
  const keyId = checkSignature(manifest, signature, trusted)
  const files = refuseIf('damaged', [ManifestInvalid], () => parseManifest(manifest.toString()))
  const description = await readOr(iso, metadataPath, 'not-a-release')
  const listed = files.find((file) => file.path === metadataPath)
  if (listed === undefined || createHash('sha512').update(description).digest('hex') !== listed.sha512)
    throw new ReleaseRefused('damaged', `${metadataPath} is not the one that was signed`)
  const metadata = refuseIf('not-a-release', [MetadataInvalid], () => parseMetadata(description.toString()))
  return { metadata, files, keyId }
}

async function readOr(iso: IsoFiles, path: string, problem: ReleaseProblem): Promise<Buffer> {
  try {
    return await iso.read(path)
  } catch (cause) {
    if (!(cause instanceof NotInIso)) throw cause
    throw new ReleaseRefused(problem, `this is not a signed release of Sheaf: ${cause.message}`, { cause })
  }
}

function checkSignature(manifest: Buffer, signature: string, trusted: readonly PublicKey[]): string {
  return refuseIf('invalid-signature', [SignatureInvalid], () => {
    const id = signerOf(signature)
    const key = trusted.find((each) => each.id === id)
    if (key === undefined) {
      const known = trusted.length === 0 ? 'no key is trusted here' : `trusted here: ${trusted.map((each) => each.id).join(', ')}`
      throw new ReleaseRefused('untrusted', `it is signed by the key ${id}, which is not trusted; ${known}`)
    }
    return verifySignature(manifest, signature, key).keyId
  })
}

function refuseIf<T>(problem: ReleaseProblem, kinds: readonly (new (...args: never[]) => Error)[], work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof Error && kinds.some((kind) => cause instanceof kind))
      throw new ReleaseRefused(problem, cause.message, { cause })
    throw cause
  }
}

async function checkFiles(
  iso: IsoFiles,
  files: readonly ManifestFile[],
  onProgress: VerifyOptions['onProgress'],
  signal: AbortSignal | undefined,
): Promise<void> {
  const of = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  let done = 0
  for (const { path, sizeBytes, sha512 } of files) {
    if (iso.sizeOf(path) !== sizeBytes)
      throw new ReleaseRefused('damaged', `${path} has ${iso.sizeOf(path) ?? 'no'} bytes where ${sizeBytes} were signed`)
    const hash = createHash('sha512')
    await pipeline(
      iso.stream(path),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          done += chunk.length
          onProgress?.(done, of)
          yield chunk
        }
      },
      hash,
      ...(signal === undefined ? [] : [{ signal }]),
    )
    if (hash.digest('hex') !== sha512)
      throw new ReleaseRefused('damaged', `${path} is not the one that was signed: it is damaged, or somebody changed it`)
  }
}
