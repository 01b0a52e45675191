// The Kind StorageClass, and the class that is there from the start.

import {
  defaultClassAnnotation,
  localProvisioner,
  localStorageClassName,
  type StorageClass,
  storageClassDefinition,
} from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import type { Kind } from '@sheaf/machinery/kind'
import { ensureThere } from '../ensure-there.ts'

export const storageClassKind: Kind<StorageClass> = { definition: storageClassDefinition }

export async function ensureStorageClasses(client: Client): Promise<void> {
  await ensureThere(client.resource<StorageClass>(storageClassDefinition), {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: localStorageClassName, annotations: { [defaultClassAnnotation]: 'true' } },
    provisioner: localProvisioner,
    allowVolumeExpansion: true,
  })
}

/** The class of a claim that names none: of several, the one that was made last. */
export async function defaultClassName(client: Client): Promise<string | undefined> {
  const { items } = await client.resource<StorageClass>(storageClassDefinition).list()
  return items
    .filter(({ metadata }) => metadata.annotations?.[defaultClassAnnotation] === 'true')
    .toSorted((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1))[0]?.metadata.name
}
