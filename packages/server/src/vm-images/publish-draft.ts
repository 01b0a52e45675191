// The last step of every image: what has come is what was meant, and a disk; then it is there.

import type { ImageIdentity } from '@sheaf/kinds'
import { DiskRefused, diskFull, errorCode, NoRoom, readDiskShape } from '@sheaf/qemu'
import type { Draft } from './draft.ts'
import type { KeptImages } from './kept-images.ts'

/** The file is whole and another than was meant. */
class OtherFile extends Error {}

/** Throws what `isWorthless` knows when it is not to be kept. */
export async function publishDraft(
  draft: Draft,
  image: ImageIdentity,
  wanted: string | undefined,
  kept: KeptImages,
): Promise<void> {
  await draft.sync()
  const sha512 = draft.sha512()
  if (wanted !== undefined && wanted !== sha512)
    throw new OtherFile(`the checksum does not match: spec.checksum is ${wanted}, the SHA-512 of what came is ${sha512}`)
  if (draft.bytes === 0) throw new OtherFile('the file is empty')
  const { virtualSizeBytes } = await readDiskShape(draft.path)
  await kept.publish({ ...image, sizeBytes: draft.bytes, virtualSizeBytes, sha512 })
}

/** Whether what came cannot become the image by more of it. */
export const isWorthless = (error: unknown): boolean => error instanceof OtherFile || error instanceof DiskRefused

/** A disk that is full, whoever noticed it; undefined for any other trouble. */
export function asNoRoom(error: unknown, folder: string): NoRoom | undefined {
  if (error instanceof NoRoom) return error
  return errorCode(error) === 'ENOSPC' ? diskFull(folder, error) : undefined
}

export function wordsOf(error: unknown): string {
  if (error instanceof DiskRefused) return `the file cannot be a disk: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
