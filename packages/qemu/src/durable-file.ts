// Small files that are there entirely or not at all, also after a power cut.

import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Resolves when the content is on the disk under this name. */
export async function writeDurably(path: string, content: string): Promise<void> {
  const unfinished = `${path}.unfinished`
  await using file = await open(unfinished, 'w')
  await file.writeFile(content)
  await file.sync()
  await rename(unfinished, path)
  await syncPath(dirname(path))
}

/** Makes what a path names durable: the bytes of a file, or the names in a folder. */
export async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}

/** Undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The system's name of what went wrong, as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
