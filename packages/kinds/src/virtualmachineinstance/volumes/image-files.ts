// Disks and kernels in container images: from a path inside an image to a file on this machine.

import { readdir, stat } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import type { VirtualMachineInstance } from '@sheaf/api'
import { DiskRefused, type DiskSource, type LaunchPlan, readDiskFormat } from '@sheaf/qemu'
import type { ImageFolders } from './image-sights.ts'
import { Missing } from './missing.ts'
import { refuse } from '../refusal.ts'

type ContainerDisk = NonNullable<NonNullable<VirtualMachineInstance['spec']['volumes']>[number]['containerDisk']>

/** What is asked where images are. */
export interface ImagePorts {
  images: ImageFolders
}

export async function containerDiskOf({ image, path: named }: ContainerDisk, ports: ImagePorts): Promise<DiskSource> {
  const folder = ports.images.folderOf(image)
  const path = await existing(named === undefined ? await onlyDiskIn(folder, image) : inside(folder, named), image)
  return { kind: 'overlay', backingFile: path, backingFormat: await formatOf(path, image) }
}

/** Told by the bytes of the disk: its name comes from whoever made the image. */
async function formatOf(path: string, reference: string): Promise<'qcow2' | 'raw'> {
  try {
    return await readDiskFormat(path)
  } catch (error) {
    if (!(error instanceof DiskRefused)) throw error
    throw lacking(`image "${reference}" cannot be booted from ${path}: ${error.message}`)
  }
}

/** Paths inside an image are absolute in manifests and may not climb out of it. */
function inside(folder: string, path: string): string {
  return join(folder, normalize(`/${path}`))
}

/** The only file in `/disk`, as containerDisks are laid out. */
async function onlyDiskIn(folder: string, reference: string): Promise<string> {
  const entries = await readdir(join(folder, 'disk')).catch(() => [])
  const disks = entries.filter((name) => !name.startsWith('.')).sort()
  if (disks[0] !== undefined) return join(folder, 'disk', disks[0])
  throw lacking(`image "${reference}" has no disk: expected one file in ${join(folder, 'disk')}`)
}

async function existing(path: string, reference: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return path
  throw lacking(
    `image "${reference}" has no file ${path}; what is a symbolic link in a pulled image is left out: name the file itself`,
  )
}

const lacking = (message: string): Missing => new Missing(refuse('Synchronized', 'ErrImagePull', message))

export async function kernelOf(instance: VirtualMachineInstance, ports: ImagePorts): Promise<LaunchPlan['kernel']> {
  const boot = instance.spec.domain.firmware?.kernelBoot
  const container = boot?.container
  if (container?.kernelPath === undefined) return undefined
  const folder = ports.images.folderOf(container.image)
  const initrd = container.initrdPath
  return {
    kernelPath: await existing(inside(folder, container.kernelPath), container.image),
    ...(initrd === undefined ? {} : { initrdPath: await existing(inside(folder, initrd), container.image) }),
    commandLine: boot?.kernelArgs ?? '',
  }
}
