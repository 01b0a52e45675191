// A real file system that can be filled up: a tmpfs of a few megabytes. Needs root.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  folder: string
  /** Takes all room but this much. */
  fillUpTo(leftBytes: number): void
  /** Gives the room back that `fillUpTo` took. */
  free(): void
  unmount(): void
}

/** Undefined with a reason when this machine does not let us. */
export function mountSmallDisk(bytes: number): SmallDisk | { reason: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-small-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    rmdirSync(folder)
    return { reason: `mounting a small tmpfs needs root: ${String(error)}` }
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fillUpTo(leftBytes) {
      rmSync(ballast, { force: true })
      const { bavail, bsize } = statfsSync(folder)
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)))
      } catch (error) {
        // Others write to it meanwhile, and have taken the rest.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    },
    free: () => rmSync(ballast, { force: true }),
    unmount() {
      execFileSync('umount', [folder])
      rmdirSync(folder)
    },
  }
}
