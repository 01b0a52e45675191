// Whether there is room for an upgrade: disk, inodes, memory.

import { type Check, fail, pass } from './check.ts'
import type { Room } from './facts.ts'

const mib = (bytes: number): string => `${Math.ceil(bytes / 1024 / 1024).toLocaleString('en')} MiB`

const suffices = ({ free, needed }: Room): boolean => free >= needed

export const roomChecks: readonly Check[] = [
  {
    id: 'disk',
    title: 'free disk space',
    looksAt:
      'room for the download, the unpacked release and three copies of the store, in the data folder or where Sheaf is installed, whichever has less',
    mayBeOverridden: false,
    judge: ({ disk }) =>
      suffices(disk)
        ? pass(`${mib(disk.free)} are free below ${disk.path} and ${mib(disk.needed)} are needed`)
        : fail(
            `${mib(disk.needed)} are needed below ${disk.path} and ${mib(disk.free)} are free`,
            `Free ${mib(disk.needed - disk.free)} there: remove images that no machine uses, or move the data folder to a larger disk.`,
          ),
  },
  {
    id: 'inodes',
    title: 'free inodes',
    looksAt: 'room for the files of the release, in the same places',
    mayBeOverridden: false,
    judge: ({ inodes }) =>
      suffices(inodes)
        ? pass(`${inodes.free.toLocaleString('en')} files more can be made`)
        : fail(
            `${inodes.needed} files are to be made below ${inodes.path} and the file system has room for ${inodes.free}`,
            'Remove files there; `df -i` shows the count.',
          ),
  },
  {
    id: 'memory',
    title: 'memory for the repo VM',
    looksAt: 'memory that no guest has been promised',
    mayBeOverridden: true,
    judge: ({ memory }) =>
      suffices(memory)
        ? pass(`${mib(memory.free)} are available and the repo VM takes ${mib(memory.needed)}`)
        : fail(
            `the repo VM takes ${mib(memory.needed)} and ${mib(memory.free)} are available`,
            'Stop a machine for the time of the upgrade. If this is overridden and the repo VM does not start, the host serves the same files.',
          ),
  },
]
