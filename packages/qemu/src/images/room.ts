// Room on the disk. Guests and the store write to the same one: a pull ends before it takes their last.

import { statfs } from 'node:fs/promises'
import { diskFull } from './pull-failed.ts'

/** What is left to those who run already. */
export const reservedBytes = 256 * 1024 * 1024
/** How much is written between two looks. */
const lookEveryBytes = 64 * 1024 * 1024

/** Throws PullFailed when so many bytes more would not leave enough. */
export async function assertRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize - bytes < reservedBytes) throw diskFull(folder, undefined)
}

/** To be told of every write. */
export function watchRoom(folder: string): (bytes: number) => Promise<void> {
  let unseen = 0
  return async (bytes) => {
    unseen += bytes
    if (unseen < lookEveryBytes) return
    unseen = 0
    await assertRoom(folder, 0)
  }
}
