// The disks of volumes: a folder each in the data folder, with a sparse raw image in it. What a guest has not written takes no room.

import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { VolumeStore } from '@sheaf/kinds'
import { syncPath } from '@sheaf/qemu'

export function createVolumeStore(folder: string): VolumeStore {
  const own = (name: string): string => {
    if (!/^[a-z0-9][a-z0-9.-]*$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a volume`)
    return join(folder, name)
  }
  return {
    async ensure(name, bytes) {
      const place = own(name)
      await mkdir(place, { recursive: true, mode: 0o700 })
      await grow(join(place, 'disk.img'), bytes)
      // Whoever speaks of the volume finds it after a power cut, too.
      for (const path of [place, folder, dirname(folder)]) await syncPath(path)
      return place
    },
    async remove(name) {
      const place = own(name)
      // Under another name first: a volume is there whole, or not at all.
      const going = `${place}.removed`
      await rename(place, going).catch(ignoreMissing)
      await rm(going, { recursive: true, force: true })
    },
  }
}

async function grow(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    const { size } = await file.stat()
    if (size < bytes) await file.truncate(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
