// The image that holds the ISO of the release: which one it is, and where its file lies.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { harvesterSystemNamespace, imageReferenceOf, type VirtualMachineImage, virtualMachineImageDefinition } from '@sheaf/api'
import type { ObjectKey } from '@sheaf/api/meta'
import type { Upgrade } from '@sheaf/api'
import type { Pass } from './station.ts'

/** Named by the upgrade, or made for it and called like it. */
export function imageKeyOf({ metadata, spec }: Upgrade): ObjectKey {
  const [namespace, name] = (spec.image ?? '').split('/')
  if (namespace !== undefined && name !== undefined) return { namespace, name }
  return { namespace: harvesterSystemNamespace, name: metadata.name ?? '' }
}

export const isMadeForUpgrade = ({ spec }: Upgrade): boolean => spec.image === undefined || spec.image === ''

export const images = ({ ports }: Pick<Pass, 'ports'>) =>
  ports.client.resource<VirtualMachineImage>(virtualMachineImageDefinition)

/** Throws when it is not here (any more). */
export async function releaseImageOf({
  upgrade,
  ports,
}: Pick<Pass, 'upgrade' | 'ports'>): Promise<{ reference: string; isoPath: string }> {
  return isoOf(imageKeyOf(upgrade), ports)
}

export async function isoOf(
  key: ObjectKey,
  ports: Pick<Pass['ports'], 'images' | 'clock'>,
): Promise<{ reference: string; isoPath: string }> {
  const reference = imageReferenceOf(key)
  const sight = await ports.images.look({ reference, policy: 'never', freshSinceMs: ports.clock.now(), logins: async () => [] })
  if (sight.kind !== 'there') throw new Error(`the image ${key.namespace}/${key.name} is not on this machine: ${sight.kind}`)
  const disks = (await readdir(join(sight.folder, 'disk'))).filter((name) => !name.startsWith('.'))
  if (disks[0] === undefined) throw new Error(`the image ${key.namespace}/${key.name} has no file`)
  return { reference, isoPath: join(sight.folder, 'disk', disks[0]) }
}
