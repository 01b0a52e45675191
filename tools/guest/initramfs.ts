// Puts a guest's first and only file system together: our own scripts, busybox, and kernel modules.

import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type CpioEntry, writeCpio } from './cpio-archive.ts'
import type { KernelModule } from './kernel-modules.ts'

export const guestRootfs = join(import.meta.dirname, 'rootfs')

const emptyFolders = ['dev', 'proc', 'sys', 'run', 'tmp', 'mnt', 'lib', 'lib/modules']

/** Not compressed: unpacking costs the emulated guest more than reading. */
export async function writeInitramfs(rootfs: string, busybox: Buffer, modules: readonly KernelModule[]): Promise<Buffer> {
  const moduleList = modules.map((module) => `${module.name}.ko ${module.parameters}\n`).join('')
  return writeCpio([
    ...emptyFolders.map((path) => ({ kind: 'folder', path }) satisfies CpioEntry),
    ...(await ownFiles(rootfs)),
    // The kernel opens it for the first process, before that can mount anything.
    { kind: 'character-device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    { kind: 'file', path: 'bin/busybox', mode: 0o755, content: busybox },
    { kind: 'file', path: 'etc/modules', mode: 0o644, content: Buffer.from(moduleList) },
    ...modules.map(
      ({ name, content }) => ({ kind: 'file', path: `lib/modules/${name}.ko`, mode: 0o644, content }) satisfies CpioEntry,
    ),
  ])
}

async function ownFiles(rootfs: string): Promise<CpioEntry[]> {
  const pathOf = (entry: { parentPath: string; name: string }): string => relative(rootfs, join(entry.parentPath, entry.name))
  // Sorted, a folder comes before what it holds, and the same files always give the same archive.
  const found = (await readdir(rootfs, { recursive: true, withFileTypes: true })).toSorted((a, b) =>
    pathOf(a) < pathOf(b) ? -1 : 1,
  )
  return await Promise.all(
    found.map(async (entry): Promise<CpioEntry> => {
      const path = pathOf(entry)
      if (entry.isDirectory()) return { kind: 'folder', path }
      const content = await readFile(join(rootfs, path))
      return { kind: 'file', path, mode: content.toString('latin1', 0, 2) === '#!' ? 0o755 : 0o644, content }
    }),
  )
}
