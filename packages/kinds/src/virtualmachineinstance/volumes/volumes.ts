// From the volumes that an instance names to files on this machine. Looks things up; changes nothing.

import { bytesOf, type VirtualMachineInstance } from '@sheaf/api'
import type { DiskSource, LaunchPlan } from '@sheaf/qemu'
import type { MachinePorts } from '../../ports.ts'
import { assertAccessSecrets } from '../agent/access-credentials.ts'
import { claimNameOf } from '../../persistentvolumeclaim/users.ts'
import { claimFileOf, claimMissing } from './claim-disk.ts'
import { cloudInitDiskOf } from './cloud-init.ts'
import { configDiskOf } from './config-disks.ts'
import { hostDiskOf } from './host-disk.ts'
import { containerDiskOf, type ImagePorts, kernelOf } from './image-files.ts'
import { Missing } from './missing.ts'
import { type Refusal, refuse } from '../refusal.ts'

type Volume = NonNullable<VirtualMachineInstance['spec']['volumes']>[number]

/** Everything outside the spec that a launch plan needs. */
export interface LaunchFiles {
  sources: ReadonlyMap<string, DiskSource>
  /** Volumes that nobody writes to, whatever their disks say. */
  readOnly?: ReadonlySet<string>
  kernel: LaunchPlan['kernel']
}

export type Located = { kind: 'found'; files: LaunchFiles } | { kind: 'missing'; refusal: Refusal }

/** What is asked where files are. */
export type FilePorts = Pick<MachinePorts, 'client' | 'privateFolder'> & ImagePorts

export async function locateFiles(instance: VirtualMachineInstance, ports: FilePorts): Promise<Located> {
  try {
    await assertAccessSecrets(instance, ports)
    const sources = new Map<string, DiskSource>()
    for (const volume of instance.spec.volumes ?? []) sources.set(volume.name, await sourceOf(volume, instance, ports))
    const [utility] = instance.spec.utilityVolumes ?? []
    if (utility !== undefined) throw claimMissing(utility.claimName, instance)
    const readOnly = new Set(
      (instance.spec.volumes ?? []).filter((each) => each.persistentVolumeClaim?.readOnly === true).map(({ name }) => name),
    )
    return { kind: 'found', files: { sources, readOnly, kernel: await kernelOf(instance, ports) } }
  } catch (error) {
    if (error instanceof Missing) return { kind: 'missing', refusal: error.refusal }
    throw error
  }
}

async function sourceOf(volume: Volume, instance: VirtualMachineInstance, ports: FilePorts): Promise<DiskSource> {
  if (volume.containerDisk !== undefined) return containerDiskOf(volume.containerDisk, ports)
  if (volume.emptyDisk !== undefined) return { kind: 'empty', sizeBytes: Number(bytesOf(volume.emptyDisk.capacity)) }
  if (volume.hostDisk !== undefined) return hostDiskOf(volume.name, volume.hostDisk, ports)
  const made = (await cloudInitDiskOf(volume, instance, ports)) ?? (await configDiskOf(volume, instance, ports))
  if (made !== undefined) return made
  const claimName = claimNameOf(volume)
  if (claimName !== undefined && volume.memoryDump === undefined) {
    const file = await claimFileOf(volume.name, claimName, instance, ports)
    if (volume.ephemeral !== undefined) return { kind: 'overlay', backingFile: file, backingFormat: 'raw' }
    return { kind: 'file', path: file, format: 'raw' }
  }
  const type = Object.keys(volume).find((key) => key !== 'name') ?? 'without a source'
  throw new Missing(
    refuse(
      'Synchronized',
      'UnsupportedVolume',
      `volume "${volume.name}" is a ${type}, which cannot be attached here; a persistentVolumeClaim, a containerDisk, an emptyDisk, cloud-init, a configMap or a secret can`,
    ),
  )
}
