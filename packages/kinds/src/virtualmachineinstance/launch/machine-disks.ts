// The disks of a machine: from what the spec says of each to what QEMU is to do. Pure.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { Disk, LaunchPlan } from '@sheaf/qemu'
import type { LaunchFiles } from '../volumes/volumes.ts'
import { processorsOf } from './processor.ts'

type Domain = VirtualMachineInstance['spec']['domain']
type DomainDisk = NonNullable<Domain['devices']['disks']>[number]

const defaultBlockSize = 512

/** As in libvirt, a pool is never larger than this for each of the guest's processors. */
const ioThreadsPerProcessor = 2

export function disksOf(domain: Domain, files: LaunchFiles): Pick<LaunchPlan, 'disks' | 'ioThreads'> {
  const wanted = domain.devices.disks ?? []
  const served = ioThreadsOf(domain)
  const count = Math.max(0, ...served.values())
  const disks = wanted.flatMap((disk) => diskOf(disk, domain, files, served.get(disk.name)))
  return count === 0 ? { disks } : { disks, ioThreads: count }
}

const busOf = ({ cdrom, disk, lun }: DomainDisk): string => cdrom?.bus ?? disk?.bus ?? lun?.bus ?? 'sata'

function diskOf(disk: DomainDisk, domain: Domain, files: LaunchFiles, ioThread: number | undefined): Disk[] {
  const located = files.sources.get(disk.name)
  if (located === undefined) return []
  const isCdrom = disk.cdrom !== undefined
  const bus = busOf(disk)
  // A CD-ROM is read where it lies: no overlay that nobody can write to.
  const source =
    isCdrom && located.kind === 'overlay'
      ? { kind: 'file' as const, path: located.backingFile, format: located.backingFormat }
      : located
  return [
    {
      name: disk.name,
      device: isCdrom ? 'cdrom' : 'disk',
      bus: bus as Disk['bus'],
      readOnly: isCdrom || disk.disk?.readonly === true || disk.lun?.readonly === true || files.readOnly?.has(disk.name) === true,
      ...(disk.bootOrder === undefined ? {} : { bootOrder: disk.bootOrder }),
      ...(disk.serial === undefined ? {} : { serial: disk.serial }),
      ...howItIsWritten(disk),
      ...blockSizeOf(disk),
      ...(disk.disk?.pciAddress ? { pciAddress: disk.disk.pciAddress } : {}),
      ...(domain.devices.blockMultiQueue === true && bus === 'virtio' ? { queues: processorsOf(domain) } : {}),
      ...(ioThread === undefined ? {} : { ioThread }),
      source,
    },
  ]
}

function howItIsWritten(disk: DomainDisk): Partial<Disk> {
  // Native input and output go past the host's cache, and so do the writes of a disk that others write to.
  const cache = disk.cache || (disk.io === 'native' || disk.shareable === true ? 'none' : undefined)
  return {
    onError: (disk.errorPolicy ?? 'stop') as NonNullable<Disk['onError']>,
    ...(cache === undefined ? {} : { cache: cache as NonNullable<Disk['cache']> }),
    ...(disk.io ? { io: disk.io as NonNullable<Disk['io']> } : {}),
    ...(disk.shareable === true ? { shareable: true as const } : {}),
  }
}

function blockSizeOf({ blockSize }: DomainDisk): Pick<Disk, 'blockSize'> {
  const { custom, matchVolume } = blockSize ?? {}
  if (custom !== undefined) {
    const { discardGranularity, logical = defaultBlockSize, physical = defaultBlockSize } = custom
    return { blockSize: { logical, physical, ...(discardGranularity === undefined ? {} : { discardGranularity }) } }
  }
  return matchVolume !== undefined && matchVolume.enabled !== false ? { blockSize: 'host' } : {}
}

/** By the names of disks, the number of the thread that serves each. Only virtio disks can be served so. */
export function ioThreadsOf(domain: Domain): ReadonlyMap<string, number> {
  const disks = (domain.devices.disks ?? []).filter((disk) => busOf(disk) === 'virtio')
  const dedicated = disks.filter((disk) => disk.dedicatedIOThread === true)
  if (domain.ioThreadsPolicy === undefined && dedicated.length === 0) return new Map()
  const others = disks.filter((disk) => disk.dedicatedIOThread !== true)
  const pool = Math.min(poolSize(domain, others.length, dedicated.length), others.length)
  return new Map([
    ...others.map((disk, index) => [disk.name, 1 + (index % pool)] as const),
    ...dedicated.map((disk, index) => [disk.name, pool + 1 + index] as const),
  ])
}

/** How many threads the disks share that have none of their own. */
function poolSize(domain: Domain, sharing: number, dedicated: number): number {
  if (domain.ioThreadsPolicy === 'supplementalPool') return domain.ioThreads?.supplementalPoolThreadCount ?? 1
  if (domain.ioThreadsPolicy !== 'auto') return 1
  return Math.max(1, Math.min(sharing, processorsOf(domain) * ioThreadsPerProcessor - dedicated))
}
