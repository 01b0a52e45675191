// Puts a guest's first and only file system together: our own scripts, busybox, and kernel modules.

import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type CpioEntry, writeCpio } from './cpio-archive.ts'
import type { KernelModule } from './kernel-modules.ts'

export const guestRootfs = join(import.meta.dirname, 'rootfs')

const emptyFolders = ['dev', 'proc', 'sys', 'run', 'tmp', 'mnt', 'lib', 'lib/modules']

/** Not compressed: unpacking costs the emulated guest more than reading. What is `more` than the scripts comes last. */
export async function writeInitramfs(
  rootfs: string,
  busybox: Buffer,
  modules: readonly KernelModule[],
  more: readonly CpioEntry[] = [],
): Promise<Buffer> {
  const moduleList = modules.map((module) => `${module.name}.ko ${module.parameters}\n`).join('')
  return writeCpio([
    ...emptyFolders.map((path) => ({ kind: 'folder', path }) satisfies CpioEntry),
    ...(await filesBelow(rootfs)),
    // The kernel opens it for the first process, before that can mount anything.
    { kind: 'character-device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    { kind: 'file', path: 'bin/busybox', mode: 0o755, content: busybox },
    { kind: 'file', path: 'etc/modules', mode: 0o644, content: Buffer.from(moduleList) },
    ...modules.map(
      ({ name, content }) => ({ kind: 'file', path: `lib/modules/${name}.ko`, mode: 0o644, content }) satisfies CpioEntry,
    ),
    ...more,
  ])
}

export async function filesBelow(folder: string): Promise<CpioEntry[]> {
  // Sorted, a folder comes before what it holds, and the same files always give the same archive.
  const found = (await readdir(folder, { recursive: true, withFileTypes: true })).toSorted((a, b) =>
    pathOf(a, folder) < pathOf(b, folder) ? -1 : 1,
  )
  return await Promise.all(
    found.map(async (entry): Promise<CpioEntry> => {
      const path = pathOf(entry, folder)
      if (entry.isDirectory()) return { kind: 'folder', path }
      const content = await readFile(join(folder, path))
      return { kind: 'file', path, mode: content.toString('latin1', 0, 2) === '#!' ? 0o755 : 0o644, content }
    }),
  )
}

function pathOf(entry: { parentPath: string; name: string }, folder: string): string {
  return join(entry.parentPath, entry.name).slice(folder.length + 1)
}

/** Newer packages put under /usr what older ones put under /. The first of these paths that is there; the last, if none is. */
export async function firstThere(root: string, paths: readonly string[]): Promise<string> {
  for (const path of paths.slice(0, -1)) {
    const found = await stat(join(root, path)).catch(() => undefined)
    if (found !== undefined) return join(root, path)
  }
  return join(root, paths.at(-1) ?? '')
}
