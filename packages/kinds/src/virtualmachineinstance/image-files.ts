// Disks and kernels in container images: from a reference and a path inside to a file on this machine.

import { readdir, stat } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import type { VirtualMachineInstance } from '@sheaf/api'
import type { DiskSource, LaunchPlan } from '@sheaf/qemu'
import type { MachinePorts } from '../ports.ts'
import { Missing } from './missing.ts'
import { refuse } from './refusal.ts'

type ContainerDisk = NonNullable<NonNullable<VirtualMachineInstance['spec']['volumes']>[number]['containerDisk']>

/** What is asked where images are. */
export type ImagePorts = Pick<MachinePorts, 'images'>

export async function containerDiskOf({ image, path: named }: ContainerDisk, ports: ImagePorts): Promise<DiskSource> {
  const folder = await imageFolder(image, ports)
  const path = await diskIn(folder, named, image)
  return { kind: 'overlay', backingFile: path, backingFormat: path.endsWith('.qcow2') ? 'qcow2' : 'raw' }
}

async function imageFolder(reference: string, ports: ImagePorts): Promise<string> {
  const folder = await ports.images.find(reference)
  if (folder !== undefined) return folder
  throw new Missing(
    refuse(
      'Synchronized',
      'ErrImagePull',
      `image "${reference}" not found in ${ports.images.folder}; images are folders there, such as sheaf.local/guest/latest`,
    ),
  )
}

/** Paths inside an image are absolute in manifests and may not climb out of it. */
function inside(folder: string, path: string): string {
  return join(folder, normalize(`/${path}`))
}

/** The image's disk: the one that the volume names, else the only file in `/disk`, as containerDisks are laid out. */
async function diskIn(folder: string, named: string | undefined, reference: string): Promise<string> {
  if (named !== undefined) return existing(inside(folder, named), reference)
  const entries = await readdir(join(folder, 'disk')).catch(() => [])
  const disks = entries.filter((name) => !name.startsWith('.')).sort()
  if (disks[0] !== undefined) return join(folder, 'disk', disks[0])
  throw new Missing(
    refuse('Synchronized', 'ErrImagePull', `image "${reference}" has no disk: expected one file in ${join(folder, 'disk')}`),
  )
}

async function existing(path: string, reference: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return path
  throw new Missing(refuse('Synchronized', 'ErrImagePull', `image "${reference}" has no file ${path}`))
}

export async function kernelOf(instance: VirtualMachineInstance, ports: ImagePorts): Promise<LaunchPlan['kernel']> {
  const boot = instance.spec.domain.firmware?.kernelBoot
  const container = boot?.container
  if (container?.kernelPath === undefined) return undefined
  const folder = await imageFolder(container.image, ports)
  const initrd = container.initrdPath
  return {
    kernelPath: await existing(inside(folder, container.kernelPath), container.image),
    ...(initrd === undefined ? {} : { initrdPath: await existing(inside(folder, initrd), container.image) }),
    commandLine: boot?.kernelArgs ?? '',
  }
}
