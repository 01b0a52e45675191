// The Kind PersistentVolume, and the controller that follows what becomes of volumes.

import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeDefinition,
  volumeProtectionFinalizer,
} from '@sheaf/api'
import { addFinalizer } from '@sheaf/api/meta'
import { type Controller, type Informer, mappedObjects, ownObjects, startController } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import { reconcileVolume } from './reconciler.ts'
import type { VolumeStorePorts } from './volume-store.ts'

export type { VolumeStore, VolumeStorePorts } from './volume-store.ts'

export const persistentVolumeKind: Kind<PersistentVolume> = {
  definition: persistentVolumeDefinition,
  admission: {
    mutate({ operation, object }) {
      if (operation === 'CREATE') addFinalizer(object, volumeProtectionFinalizer)
    },
  },
}

const workers = 1

export function startPersistentVolumeController(
  ports: Ports & VolumeStorePorts,
  { claims, volumes }: { claims: Informer<PersistentVolumeClaim>; volumes: Informer<PersistentVolume> },
): Controller {
  const { clock, random, log } = ports
  return startController({
    name: 'persistentvolume',
    reconcile: (key) => reconcileVolume(key, ports),
    sources: [
      ownObjects(volumes),
      // A claim that has gone leaves its volume.
      mappedObjects(claims, ({ before, after }) => {
        const name = (after ?? before)?.spec?.volumeName
        return name ? [{ namespace: '', name }] : []
      }),
    ],
    workers,
    clock,
    random,
    log,
  })
}
