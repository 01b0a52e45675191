// How it stands with the images that an instance names. Looking begins the pulls that have to be; it waits for none.

import { type Secret, secretDefinition, type VirtualMachineInstance } from '@sheaf/api'
import { type ImageRequest, type ImageSight, parseReference, parseRegistryLogins, type RegistryLogin } from '@sheaf/qemu'
import type { MachinePorts } from '../../ports.ts'
import { imageRefusal } from './image-words.ts'
import { Missing } from './missing.ts'
import { type Refusal, refuse } from '../refusal.ts'

export type ImageSights = ReadonlyMap<string, ImageSight>

/** Where the images are that are there. */
export interface ImageFolders {
  readonly sights: ImageSights
  /** Throws Missing. */
  folderOf(reference: string): string
}

interface NamedImage {
  image: string
  imagePullPolicy?: string
  imagePullSecret?: string
}

type Ports = Pick<MachinePorts, 'client' | 'images' | 'clock'>

/** All at once, so that all pulls begin. */
export async function seeImages(instance: VirtualMachineInstance, ports: Ports): Promise<ImageFolders> {
  const sights = new Map<string, ImageSight>()
  let lacking: Refusal | undefined
  for (const named of imagesOf(instance)) {
    try {
      sights.set(named.image, await ports.images.look(requestFor(named, instance, ports)))
    } catch (error) {
      if (!(error instanceof Missing)) throw error
      lacking = error.refusal
    }
  }
  return {
    sights,
    folderOf(reference) {
      const sight = sights.get(reference)
      if (sight?.kind === 'there') return sight.folder
      throw new Missing(lacking ?? imageRefusal(sights, ports.images.folder, ports.clock.now()))
    },
  }
}

function imagesOf({ spec }: VirtualMachineInstance): NamedImage[] {
  const container = spec.domain.firmware?.kernelBoot?.container
  return [
    ...(spec.volumes ?? []).flatMap(({ containerDisk }) => (containerDisk === undefined ? [] : [containerDisk])),
    ...(container === undefined ? [] : [container]),
  ] as NamedImage[]
}

function requestFor(named: NamedImage, instance: VirtualMachineInstance, ports: Ports): ImageRequest {
  return {
    reference: named.image,
    policy: policies[named.imagePullPolicy ?? ''] ?? (isMoving(named.image) ? 'always' : 'if-not-present'),
    freshSinceMs: Date.parse(instance.metadata.creationTimestamp ?? '') || 0,
    logins: () => loginsOf(named.imagePullSecret, instance, ports),
  }
}

const policies: Readonly<Record<string, ImageRequest['policy']>> = {
  Always: 'always',
  IfNotPresent: 'if-not-present',
  Never: 'never',
}

/** As kubelet has it where no policy is given: the tag `latest` is meant to move. */
function isMoving(image: string): boolean {
  try {
    const { version } = parseReference(image)
    return version.kind === 'tag' && version.tag === 'latest'
  } catch {
    // Whoever looks for it says what is wrong with its name.
    return false
  }
}

const dockerConfigKeys = ['.dockerconfigjson', '.dockercfg'] as const

async function loginsOf(name: string | undefined, { metadata }: VirtualMachineInstance, ports: Ports): Promise<RegistryLogin[]> {
  if (name === undefined) return []
  const namespace = metadata.namespace ?? ''
  const secret = await ports.client.resource<Secret>(secretDefinition).find({ namespace, name })
  const refusal = (what: string): Missing =>
    new Missing(refuse('Synchronized', 'SecretNotFound', `secret "${name}" ${what} in namespace "${namespace}"`))
  if (secret === undefined) throw refusal('for pulling images not found')
  const key = dockerConfigKeys.find((each) => secret.data?.[each] !== undefined)
  if (key === undefined)
    throw refusal(`is of type ${secret.type}; logins to registries are of type kubernetes.io/dockerconfigjson`)
  const text = Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8')
  try {
    // The older type has the entries alone.
    return parseRegistryLogins(key === '.dockercfg' ? `{"auths":${text}}` : text)
  } catch (error) {
    if (error instanceof SyntaxError) throw refusal(`cannot be read: ${error.message}`)
    throw error
  }
}
