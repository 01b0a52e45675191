// What outlives a machine, for the next one of the same name: the memory of its TPM, the variables of its firmware. It lies
// beside the state folders, and a machine's own folder holds links to it.

import { access, lstat, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode, syncPath } from './durable-file.ts'
import { fileNames } from './state-files.ts'

/** Written when a name is done with, while a machine still uses what is kept under it. */
const discarded = 'discarded'

export function keptFolderOf(root: string, name: string): string {
  return join(root, 'kept', name)
}

/** Makes the folder in which a TPM keeps its memory, and the link to it in the machine's own. */
export async function linkKeptTpm(kept: string, folder: string): Promise<void> {
  const target = join(kept, fileNames.tpmState)
  await mkdir(target, { recursive: true, mode: 0o700 })
  await link(target, join(folder, fileNames.tpmState))
}

/** The link in the machine's own folder to the kept variables, which may not be there yet: whoever makes them writes to the target. */
export async function linkKeptVariables(kept: string, folder: string): Promise<string> {
  await mkdir(kept, { recursive: true, mode: 0o700 })
  const target = join(kept, fileNames.uefiVariables)
  await link(target, join(folder, fileNames.uefiVariables))
  return target
}

async function link(target: string, path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined)
  if (there !== undefined) return
  await symlink(target, path)
  await syncPath(join(path, '..'))
}

/** Nothing is to be kept under this name any more: at once, or when the last machine that uses it is removed. */
export async function discardKept(kept: string, isUsed: boolean): Promise<void> {
  if (!isUsed) return rm(kept, { recursive: true, force: true })
  await writeFile(join(kept, discarded), '').catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error
  })
}

/** The machine that used it is gone. */
export async function releaseKept(kept: string, isUsed: boolean): Promise<void> {
  const isDiscarded = await access(join(kept, discarded)).then(
    () => true,
    () => false,
  )
  if (isDiscarded && !isUsed) await rm(kept, { recursive: true, force: true })
}
