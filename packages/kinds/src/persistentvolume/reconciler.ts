// A volume is available, then bound to its claim, then released; one that was made for a claim goes with it.

import {
  localProvisioner,
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeClaimDefinition,
  persistentVolumeDefinition,
  provisionedByAnnotation,
  volumeProtectionFinalizer,
} from '@sheaf/api'
import { isBeingDeleted, isConflict, isNotFound, type ObjectKey, timestamp, withoutFinalizer } from '@sheaf/api/meta'
import { again, done, type Result } from '@sheaf/machinery/controller'
import type { Ports } from '../ports.ts'
import type { VolumeStorePorts } from './volume-store.ts'

export type VolumePhase = 'Available' | 'Bound' | 'Released'

export type VolumeStep =
  | { kind: 'none' }
  /** Its files go, and then it. */
  | { kind: 'delete'; withFiles: boolean }
  | { kind: 'removeFinalizer'; withFiles: boolean }

/** `claim` is the one that the volume names, if it is still there. Pure. */
export function decideVolume(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim | undefined,
): { phase: VolumePhase; step: VolumeStep } {
  const { claimRef, persistentVolumeReclaimPolicy: policy } = volume.spec ?? {}
  const isOurs = volume.metadata.annotations?.[provisionedByAnnotation] === localProvisioner
  const withFiles = isOurs && policy === 'Delete'
  const phase = claimRef === undefined ? 'Available' : claim === undefined ? 'Released' : 'Bound'
  const isHeld = volume.metadata.finalizers?.includes(volumeProtectionFinalizer) === true
  if (isBeingDeleted(volume)) {
    const isFree = phase !== 'Bound' && isHeld
    return { phase, step: isFree ? { kind: 'removeFinalizer', withFiles } : { kind: 'none' } }
  }
  return { phase, step: phase === 'Released' && withFiles ? { kind: 'delete', withFiles } : { kind: 'none' } }
}

export async function reconcileVolume(key: ObjectKey, ports: Ports & VolumeStorePorts): Promise<Result> {
  const volumes = ports.client.resource<PersistentVolume>(persistentVolumeDefinition)
  const volume = await volumes.find(key)
  if (volume === undefined) return done
  const { phase, step } = decideVolume(volume, await claimOf(volume, ports))
  try {
    const told = await tellPhase(volume, phase, ports)
    if (step.kind === 'none') return done
    if (step.withFiles) await ports.volumeStore.remove(key.name)
    if (step.kind === 'delete') {
      await volumes.delete(key)
      return again
    }
    await volumes.update(withoutFinalizer(told, volumeProtectionFinalizer))
    return done
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return again
    throw error
  }
}

/** Another claim of the same name is not it. */
async function claimOf(
  { spec }: PersistentVolume,
  { client }: Pick<Ports, 'client'>,
): Promise<PersistentVolumeClaim | undefined> {
  const { namespace = '', name = '', uid } = spec?.claimRef ?? {}
  if (name === '') return undefined
  const claim = await client.resource<PersistentVolumeClaim>(persistentVolumeClaimDefinition).find({ namespace, name })
  return uid === undefined || claim?.metadata.uid === uid ? claim : undefined
}

async function tellPhase(volume: PersistentVolume, phase: VolumePhase, { client, clock }: Ports): Promise<PersistentVolume> {
  if (volume.status?.phase === phase) return volume
  return client
    .resource<PersistentVolume>(persistentVolumeDefinition)
    .updateStatus({ ...volume, status: { phase, lastPhaseTransitionTime: timestamp(clock) } })
}
