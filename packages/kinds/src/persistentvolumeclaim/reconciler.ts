// Brings a claim to its volume: observe → decide → act one step.

import {
  claimProtectionFinalizer,
  localProvisioner,
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeClaimDefinition,
  persistentVolumeDefinition,
  provisionedByAnnotation,
  type StorageClass,
  storageBytes,
  storageClassDefinition,
  type VirtualMachineInstance,
} from '@sheaf/api'
import { formatQuantity, isConflict, isNotFound, keyOf, type ObjectKey, timestamp, withoutFinalizer } from '@sheaf/api/meta'
import { after, again, done, errorChain, type Informer, type Result } from '@sheaf/machinery/controller'
import type { VolumeStorePorts } from '../persistentvolume/volume-store.ts'
import type { Ports } from '../ports.ts'
import { type ClaimStep, decideClaim, isVolumeOf } from './decide.ts'
import { usersOfClaim } from './users.ts'

export interface ClaimPorts extends Ports, VolumeStorePorts {
  /** The node that the disks are on. */
  nodeName: string
}

/** A full disk may have room at any time. */
const retryMs = 15_000

export async function reconcileClaim(
  key: ObjectKey,
  ports: ClaimPorts,
  instances: Pick<Informer<VirtualMachineInstance>, 'list'>,
): Promise<Result> {
  const claim = await claimsOf(ports).find(key)
  if (claim === undefined) return done
  const { items: volumes } = await volumesOf(ports).list()
  const className = claim.spec?.storageClassName ?? ''
  const classes = ports.client.resource<StorageClass>(storageClassDefinition)
  const storageClass = className === '' ? undefined : await classes.find({ namespace: '', name: className })
  const isUsed = usersOfClaim(key, instances.list(key.namespace)).length > 0
  try {
    return await act(decideClaim(claim, { volumes, storageClass, isUsed }), claim, volumes, ports)
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return again
    throw error
  }
}

const claimsOf = ({ client }: Ports) => client.resource<PersistentVolumeClaim>(persistentVolumeClaimDefinition)
const volumesOf = ({ client }: Ports) => client.resource<PersistentVolume>(persistentVolumeDefinition)

async function act(
  step: ClaimStep,
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  ports: ClaimPorts,
): Promise<Result> {
  switch (step.kind) {
    case 'none':
      return done
    case 'wait':
      ports.events.record(claim, { type: 'Warning', reason: step.reason, message: step.message })
      return after(retryMs)
    case 'removeFinalizer': {
      // Made, and then nobody came to say whose it is.
      if (!volumes.some((volume) => isVolumeOf(claim, volume))) await ports.volumeStore.remove(volumeNameFor(claim))
      await claimsOf(ports).update(withoutFinalizer(claim, claimProtectionFinalizer))
      return done
    }
    case 'take':
      await volumesOf(ports).update({ ...step.volume, spec: { ...step.volume.spec, claimRef: referenceTo(claim) } })
      return again
    case 'provision':
      return provision(claim, step.storageClass, ports)
    case 'bind':
      await bind(claim, step.volume, ports)
      return again
    case 'lose': {
      const message = `Bound claim has lost its PersistentVolume. Data on the volume is lost!`
      ports.events.record(claim, { type: 'Warning', reason: 'ClaimLost', message })
      await claimsOf(ports).updateStatus({ ...claim, status: { phase: 'Lost' } })
      return done
    }
    case 'grow':
      return grow(claim, step.volume, step.bytes, ports)
    case 'promiseToGrow': {
      const condition = {
        type: 'FileSystemResizePending',
        status: 'True',
        lastTransitionTime: timestamp(ports.clock),
        message: 'The volume grows when no machine stands on it: stop the machine and start it again.',
      }
      await claimsOf(ports).updateStatus({ ...claim, status: { ...claim.status, conditions: [condition] } })
      return done
    }
  }
}

/** The same again after a death in between. */
const volumeNameFor = ({ metadata }: PersistentVolumeClaim): string => `pvc-${metadata.uid}`

const referenceTo = ({ apiVersion, kind, metadata: { namespace, name, uid, resourceVersion } }: PersistentVolumeClaim) => ({
  apiVersion,
  kind,
  ...(namespace === undefined ? {} : { namespace }),
  ...(name === undefined ? {} : { name }),
  ...(uid === undefined ? {} : { uid }),
  ...(resourceVersion === undefined ? {} : { resourceVersion }),
})

/** First the disk, then the volume that speaks of it. */
async function provision(claim: PersistentVolumeClaim, storageClass: StorageClass, ports: ClaimPorts): Promise<Result> {
  const name = volumeNameFor(claim)
  const bytes = storageBytes(claim.spec?.resources?.requests) ?? 0n
  const path = await ensured(claim, name, bytes, ports)
  if (path === undefined) return after(retryMs)
  await volumesOf(ports).create({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [provisionedByAnnotation]: localProvisioner } },
    spec: {
      accessModes: claim.spec?.accessModes ?? [],
      capacity: { storage: formatQuantity({ nano: bytes * 1_000_000_000n, format: 'BinarySI' }) },
      claimRef: referenceTo(claim),
      local: { path },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [ports.nodeName] }] },
          ],
        },
      },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name ?? '',
      volumeMode: claim.spec?.volumeMode ?? 'Filesystem',
    },
  })
  ports.events.record(claim, {
    type: 'Normal',
    reason: 'ProvisioningSucceeded',
    message: `Successfully provisioned volume ${name}`,
  })
  return again
}

/** Undefined when the disk does not take it, which is told. */
async function ensured(
  claim: PersistentVolumeClaim,
  name: string,
  bytes: bigint,
  { volumeStore, events }: ClaimPorts,
): Promise<string | undefined> {
  try {
    return await volumeStore.ensure(name, Number(bytes))
  } catch (error) {
    const message = `failed to provision a disk of ${bytes} bytes: ${errorChain(error)}`
    events.record(claim, { type: 'Warning', reason: 'ProvisioningFailed', message })
    return undefined
  }
}

async function bind(claim: PersistentVolumeClaim, volume: PersistentVolume, ports: ClaimPorts): Promise<void> {
  const name = volume.metadata.name ?? ''
  const annotations = {
    ...claim.metadata.annotations,
    'pv.kubernetes.io/bind-completed': 'yes',
    ...(claim.spec?.volumeName ? {} : { 'pv.kubernetes.io/bound-by-controller': 'yes' }),
  }
  const named =
    claim.spec?.volumeName === name
      ? claim
      : await claimsOf(ports).update({
          ...claim,
          metadata: { ...claim.metadata, annotations },
          spec: { ...claim.spec, volumeName: name },
        })
  const { accessModes = [], capacity = {} } = volume.spec ?? {}
  await claimsOf(ports).updateStatus({ ...named, status: { phase: 'Bound', accessModes, capacity } })
}

async function grow(claim: PersistentVolumeClaim, volume: PersistentVolume, bytes: bigint, ports: ClaimPorts): Promise<Result> {
  if ((await ensured(claim, keyOf(volume).name, bytes, ports)) === undefined) return after(retryMs)
  const storage = claim.spec?.resources?.requests?.['storage'] ?? String(bytes)
  await volumesOf(ports).update({ ...volume, spec: { ...volume.spec, capacity: { ...volume.spec?.capacity, storage } } })
  ports.events.record(claim, {
    type: 'Normal',
    reason: 'FileSystemResizeSuccessful',
    message: `The volume has grown to ${storage}`,
  })
  return again
}
