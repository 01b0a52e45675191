// From the volumes that an instance names to files on this machine. Looks things up; changes nothing.

import { readdir, stat } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { bytesOf, type Secret, secretDefinition, type VirtualMachineInstance } from '@sheaf/api'
import type { DiskSource, LaunchPlan } from '@sheaf/qemu'
import type { MachinePorts } from '../ports.ts'
import { type Refusal, refuse } from './refusal.ts'

type Volume = NonNullable<VirtualMachineInstance['spec']['volumes']>[number]
type NoCloud = NonNullable<Volume['cloudInitNoCloud']>

/** Everything outside the spec that a launch plan needs. */
export interface LaunchFiles {
  sources: ReadonlyMap<string, DiskSource>
  kernel: LaunchPlan['kernel']
}

export type Located = { kind: 'found'; files: LaunchFiles } | { kind: 'missing'; refusal: Refusal }

class Missing extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** What is asked where files are. */
export type FilePorts = Pick<MachinePorts, 'client' | 'images'>

export async function locateFiles(instance: VirtualMachineInstance, ports: FilePorts): Promise<Located> {
  try {
    const sources = new Map<string, DiskSource>()
    for (const volume of instance.spec.volumes ?? []) sources.set(volume.name, await sourceOf(volume, instance, ports))
    return { kind: 'found', files: { sources, kernel: await kernelOf(instance, ports) } }
  } catch (error) {
    if (error instanceof Missing) return { kind: 'missing', refusal: error.refusal }
    throw error
  }
}

async function sourceOf(volume: Volume, instance: VirtualMachineInstance, ports: FilePorts): Promise<DiskSource> {
  if (volume.containerDisk !== undefined) {
    const folder = await imageFolder(volume.containerDisk.image, ports)
    const path = await diskIn(folder, volume.containerDisk.path, volume.containerDisk.image)
    return { kind: 'overlay', backingFile: path, backingFormat: path.endsWith('.qcow2') ? 'qcow2' : 'raw' }
  }
  if (volume.emptyDisk !== undefined) return { kind: 'empty', sizeBytes: Number(bytesOf(volume.emptyDisk.capacity)) }
  if (volume.cloudInitNoCloud !== undefined) return seedOf(volume.cloudInitNoCloud, instance, ports)
  const claim =
    volume.persistentVolumeClaim?.claimName ?? volume.dataVolume?.name ?? volume.ephemeral?.persistentVolumeClaim?.claimName
  if (claim !== undefined) {
    throw new Missing(
      refuse(
        'Synchronized',
        'FailedPvcNotFound',
        `PVC ${instance.metadata.namespace}/${claim} does not exist, waiting for it to appear`,
      ),
    )
  }
  const type = Object.keys(volume).find((key) => key !== 'name') ?? 'without a source'
  throw new Missing(
    refuse(
      'Synchronized',
      'UnsupportedVolume',
      `volume "${volume.name}" is a ${type}, which cannot be attached here; use containerDisk, emptyDisk or cloudInitNoCloud`,
    ),
  )
}

async function imageFolder(reference: string, ports: FilePorts): Promise<string> {
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

async function kernelOf(instance: VirtualMachineInstance, ports: FilePorts): Promise<LaunchPlan['kernel']> {
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

async function seedOf(cloudInit: NoCloud, instance: VirtualMachineInstance, ports: FilePorts): Promise<DiskSource> {
  const secret = await secretNamed(cloudInit.secretRef?.name, instance, ports)
  const networkSecret = await secretNamed(cloudInit.networkDataSecretRef?.name, instance, ports)
  const userData = cloudInit.userData ?? decoded(cloudInit.userDataBase64) ?? entryOf(secret, 'userdata') ?? ''
  const networkData = cloudInit.networkData ?? decoded(cloudInit.networkDataBase64) ?? entryOf(networkSecret, 'networkdata')
  const hostname = instance.spec.hostname ?? instance.metadata.name ?? 'guest'
  const metaData = JSON.stringify({
    'instance-id': `${instance.metadata.name}.${instance.metadata.namespace}`,
    'local-hostname': hostname,
  })
  return {
    kind: 'seed',
    label: 'cidata',
    files: {
      'meta-data': `${metaData}\n`,
      'user-data': userData,
      ...(networkData === undefined ? {} : { 'network-config': networkData }),
    },
  }
}

const decoded = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8')
/** KubeVirt reads `userdata` and `userData` alike. */
const entryOf = (secret: Secret | undefined, key: 'userdata' | 'networkdata'): string | undefined =>
  decoded(secret?.data?.[key] ?? secret?.data?.[key.replace('data', 'Data')])

async function secretNamed(
  name: string | undefined,
  instance: VirtualMachineInstance,
  ports: FilePorts,
): Promise<Secret | undefined> {
  if (name === undefined) return undefined
  const namespace = instance.metadata.namespace ?? ''
  const secret = await ports.client.resource<Secret>(secretDefinition).find({ namespace, name })
  if (secret === undefined)
    throw new Missing(
      refuse(
        'Synchronized',
        'SecretNotFound',
        `secret "${name}" not found in namespace "${namespace}", waiting for it to appear`,
      ),
    )
  return secret
}
