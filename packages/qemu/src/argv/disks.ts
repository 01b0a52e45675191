// The plan's disks as block nodes and the devices that show them to the guest.

import type { Disk, LaunchPlan } from '../launch-plan.ts'
import { type OptionValue, option } from './option.ts'
import { pciPlace, virtioDevice } from './virtio.ts'

/** What disks must know of this host and this launch. */
export interface DiskSite {
  folder: string
  hostBlockSizes?: ReadonlyMap<string, number>
}

type Settings = Readonly<Record<string, OptionValue>>

/** Where QEMU finds a disk's content: the file itself, or what was made for it in the state folder. */
export function diskFile(folder: string, disk: Disk): { path: string; format: 'qcow2' | 'raw' } {
  switch (disk.source.kind) {
    case 'file':
      return { path: disk.source.path, format: disk.source.format }
    case 'overlay':
    case 'empty':
      return { path: `${folder}/disk-${disk.name}.qcow2`, format: 'qcow2' }
    case 'seed':
      return { path: `${folder}/seed-${disk.name}.iso`, format: 'raw' }
  }
}

/** Controllers first, because a device can only name a bus that exists already. */
export function diskArguments(plan: LaunchPlan, site: DiskSite): string[] {
  const buses = new Set(plan.disks.map((disk) => disk.bus))
  const controllers = buses.has('scsi') ? ['-device', option(virtioDevice(plan, 'virtio-scsi'), { id: 'scsi' })] : []
  const threads = Array.from({ length: plan.ioThreads ?? 0 }, (_, index) => [
    '-object',
    option('iothread', { id: threadName(index + 1) }),
  ])
  return [
    ...threads.flat(),
    ...controllers,
    ...plan.disks.flatMap((disk, index) => blockNode(disk, index, site).concat(device(plan, disk, index, site))),
  ]
}

const threadName = (number: number): string => `io${number}`

/** A node name may have 31 characters and a disk's name more, so nodes are numbered and devices are named. */
export const nodeName = (index: number): string => `node${index}`

function blockNode(disk: Disk, index: number, { folder }: DiskSite): string[] {
  const file = diskFile(folder, disk)
  const settings = {
    'node-name': nodeName(index),
    'read-only': isReadOnly(disk),
    'cache.direct': disk.cache === 'none' ? true : undefined,
    discard: isReadOnly(disk) ? undefined : 'unmap',
    'file.driver': 'file',
    'file.filename': file.path,
    'file.aio': disk.io,
  }
  return ['-blockdev', option(`driver=${file.format}`, settings)]
}

/** A hard disk on SATA cannot be read-only: what a guest writes to a seed there goes with the machine. */
const isReadOnly = (disk: Disk): boolean =>
  disk.readOnly || disk.device === 'cdrom' || (disk.source.kind === 'seed' && disk.bus !== 'sata')

function device(plan: LaunchPlan, disk: Disk, index: number, site: DiskSite): string[] {
  const sameBus = plan.disks.slice(0, index).filter((other) => other.bus === disk.bus).length
  const settings = {
    id: `disk-${disk.name}`,
    drive: nodeName(index),
    bootindex: disk.bootOrder,
    serial: disk.serial,
    // The guest is told to flush for itself unless each write is to be on the disk before it is answered.
    'write-cache': disk.cache === undefined || isReadOnly(disk) ? undefined : disk.cache !== 'writethrough',
    'share-rw': disk.shareable,
    ...errorPolicy(disk),
    ...blockSize(disk, site),
  }
  return ['-device', onBus(plan, disk, sameBus, settings)]
}

/** That a disk is full is told by writes only. */
function errorPolicy({ onError }: Disk): Settings {
  if (onError === 'enospace') return { werror: 'enospc' }
  return { werror: onError, rerror: onError }
}

function blockSize({ blockSize: wanted, name }: Disk, { hostBlockSizes }: DiskSite): Settings {
  if (wanted === undefined) return {}
  if (wanted !== 'host')
    return {
      logical_block_size: wanted.logical,
      physical_block_size: wanted.physical,
      discard_granularity: wanted.discardGranularity,
    }
  const size = hostBlockSizes?.get(name)
  return { logical_block_size: size, physical_block_size: size }
}

function onBus(plan: LaunchPlan, disk: Disk, place: number, settings: Settings): string {
  const isCdrom = disk.device === 'cdrom'
  switch (disk.bus) {
    // virtio-blk knows no cdrom: the guest sees a read-only disk, from which it boots all the same.
    case 'virtio':
      return option(virtioDevice(plan, 'virtio-blk'), {
        ...settings,
        ...pciPlace(disk.pciAddress),
        'num-queues': disk.queues,
        iothread: disk.ioThread === undefined ? undefined : threadName(disk.ioThread),
      })
    case 'scsi':
      return option(isCdrom ? 'scsi-cd' : 'scsi-hd', { bus: 'scsi.0', 'scsi-id': place, ...withoutCache(settings, isCdrom) })
    case 'sata':
      return option(isCdrom ? 'ide-cd' : 'ide-hd', { bus: `ide.${place}`, ...withoutCache(settings, isCdrom) })
    case 'usb':
      return option('usb-storage', { bus: 'usb.0', removable: isCdrom, ...settings })
  }
}

function withoutCache(settings: Settings, isCdrom: boolean): Settings {
  return isCdrom ? { ...settings, 'write-cache': undefined } : settings
}
