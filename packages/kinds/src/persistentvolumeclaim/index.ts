// The Kind PersistentVolumeClaim, and the controller that brings claims to volumes.

import {
  claimProtectionFinalizer,
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeClaimDefinition,
  type StorageClass,
  storageClassDefinition,
  type VirtualMachineInstance,
} from '@sheaf/api'
import { addFinalizer, forbiddenError, keyOf, type ObjectKey } from '@sheaf/api/meta'
import {
  type Controller,
  type Informer,
  mappedObjects,
  ownObjects,
  startController,
  startInformer,
} from '@sheaf/machinery/controller'
import type { AdmissionRequest, Kind } from '@sheaf/machinery/kind'
import { findLimits } from '../limitrange/index.ts'
import { refuseBeyond } from '../limitrange/limit-findings.ts'
import type { Ports } from '../ports.ts'
import { defaultClassName } from '../storageclass/index.ts'
import { type ClaimPorts, reconcileClaim } from './reconciler.ts'
import { claimNamesOf } from './users.ts'

export type { ClaimPorts } from './reconciler.ts'

export function persistentVolumeClaimKind({ client }: Pick<Ports, 'client'>): Kind<PersistentVolumeClaim> {
  return {
    definition: persistentVolumeClaimDefinition,
    admission: {
      async mutate({ operation, object }) {
        if (operation !== 'CREATE') return
        addFinalizer(object, claimProtectionFinalizer)
        const { spec } = object
        if (spec === undefined || spec.storageClassName !== undefined) return
        const name = await defaultClassName(client)
        if (name !== undefined) spec.storageClassName = name
      },
      async validate(request) {
        // What was made before a limit keeps its size: it can still be bound, and let go.
        if (request.operation === 'DELETE' || sizeOf(request.object) === sizeOf(request.oldObject)) return
        await refuseBeyondLimits(request, client)
        if (request.operation === 'UPDATE') await refuseGrowthOfFixed(request, client)
      },
    },
  }
}

const sizeOf = (claim: PersistentVolumeClaim | undefined) => claim?.spec?.resources?.requests?.['storage']

async function refuseBeyondLimits({ object, namespace, name }: AdmissionRequest<PersistentVolumeClaim>, client: Ports['client']) {
  const items = await findLimits(client, namespace, ['PersistentVolumeClaim'])
  const requests = object.spec?.resources?.requests ?? {}
  refuseBeyond(items, { requests, limits: {} }, { definition: persistentVolumeClaimDefinition, name })
}

/** Only volumes that were made here for their claim can be made larger. */
async function refuseGrowthOfFixed({ object, name }: AdmissionRequest<PersistentVolumeClaim>, client: Ports['client']) {
  const className = object.spec?.storageClassName ?? ''
  const classes = client.resource<StorageClass>(storageClassDefinition)
  const found = className === '' ? undefined : await classes.find({ namespace: '', name: className })
  if (found?.allowVolumeExpansion === true) return
  const why = 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'
  throw forbiddenError(persistentVolumeClaimDefinition, name, why)
}

const workers = 2

export interface ClaimInformers {
  instances: Informer<VirtualMachineInstance>
  claims: Informer<PersistentVolumeClaim>
  volumes: Informer<PersistentVolume>
}

export function startPersistentVolumeClaimController(
  ports: ClaimPorts,
  { instances, claims, volumes }: ClaimInformers,
): Controller {
  const { client, clock, random, log } = ports
  const classes = startInformer<StorageClass>({ client, resource: storageClassDefinition, clock, random, log })
  const pending = (): ObjectKey[] =>
    claims
      .list()
      .filter(({ status }) => status?.phase !== 'Bound')
      .map(keyOf)
  return startController({
    name: 'persistentvolumeclaim',
    reconcile: (key) => reconcileClaim(key, ports, instances),
    sources: [
      ownObjects(claims),
      // A volume that comes may be what any claim waits for.
      mappedObjects(volumes, ({ before, after }) => {
        const { namespace = '', name = '' } = (after ?? before)?.spec?.claimRef ?? {}
        return name === '' ? pending() : [{ namespace, name }]
      }),
      mappedObjects(classes, pending),
      mappedObjects(instances, ({ key, before, after }) => {
        const isNews = before === undefined || after === undefined || before.status?.phase !== after.status?.phase
        const instance = after ?? before
        return isNews && instance !== undefined ? claimNamesOf(instance).map((name) => ({ namespace: key.namespace, name })) : []
      }),
    ],
    workers,
    owns: [classes],
    clock,
    random,
    log,
  })
}
