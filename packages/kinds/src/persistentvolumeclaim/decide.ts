// What a claim needs next. Pure.

import {
  claimProtectionFinalizer,
  localProvisioner,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
  storageBytes,
} from '@sheaf/api'
import { isBeingDeleted } from '@sheaf/api/meta'

export interface ClaimWorld {
  volumes: readonly PersistentVolume[]
  /** The one that the claim names, if there is one. */
  storageClass: StorageClass | undefined
  /** Machines that stand on it. */
  isUsed: boolean
}

export type ClaimStep =
  | { kind: 'none' }
  | { kind: 'wait'; reason: 'ProvisioningFailed' | 'ExternalProvisioning' | 'FailedBinding' | 'VolumeMismatch'; message: string }
  | { kind: 'removeFinalizer' }
  /** The volume is told whose it is. */
  | { kind: 'take'; volume: PersistentVolume }
  | { kind: 'provision'; storageClass: StorageClass }
  /** The claim is told its volume, and that it has it. */
  | { kind: 'bind'; volume: PersistentVolume }
  | { kind: 'lose' }
  | { kind: 'grow'; volume: PersistentVolume; bytes: bigint }
  /** It grows when no machine stands on it. */
  | { kind: 'promiseToGrow' }

export function decideClaim(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimStep {
  if (isBeingDeleted(claim)) {
    const isHeld = claim.metadata.finalizers?.includes(claimProtectionFinalizer) === true
    return isHeld && !world.isUsed ? { kind: 'removeFinalizer' } : { kind: 'none' }
  }
  const named = claim.spec?.volumeName ?? ''
  if (named === '') return decideWithoutName(claim, world)
  const volume = world.volumes.find(({ metadata }) => metadata.name === named)
  if (volume === undefined) {
    if (claim.status?.phase === 'Bound') return { kind: 'lose' }
    return claim.status?.phase === 'Lost' ? { kind: 'none' } : failedBinding(`volume "${named}" does not exist`)
  }
  if (!isVolumeOf(claim, volume)) {
    if (!isFreeFor(claim, volume)) return failedBinding(`volume "${named}" already bound to a different claim.`)
    if (fits(claim, volume)) return { kind: 'take', volume }
    const message = `Cannot bind to requested volume "${named}": it has not the size, class, mode or access modes that are asked for`
    return { kind: 'wait', reason: 'VolumeMismatch', message }
  }
  return decideWithVolume(claim, volume, world)
}

function decideWithVolume(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
  { isUsed, storageClass }: ClaimWorld,
): ClaimStep {
  if (claim.status?.phase !== 'Bound') return { kind: 'bind', volume }
  const wanted = wantedBytes(claim)
  const told = storageBytes(claim.status.capacity) ?? 0n
  // It has grown, and the claim does not say so yet.
  if (capacityBytes(volume) > told) return { kind: 'bind', volume }
  if (wanted <= told || storageClass?.provisioner !== localProvisioner) return { kind: 'none' }
  if (!isUsed) return { kind: 'grow', volume, bytes: wanted }
  const isPromised = claim.status.conditions?.some(({ type }) => type === 'FileSystemResizePending') === true
  return isPromised ? { kind: 'none' } : { kind: 'promiseToGrow' }
}

/** Somebody's volume that fits comes before a new one. */
function decideWithoutName(claim: PersistentVolumeClaim, { volumes, storageClass }: ClaimWorld): ClaimStep {
  const own = volumes.find((each) => isVolumeOf(claim, each))
  if (own !== undefined) return { kind: 'bind', volume: own }
  const [volume] = volumes.filter((each) => fits(claim, each)).toSorted(bySize)
  if (volume !== undefined) return { kind: 'take', volume }
  const className = claim.spec?.storageClassName ?? ''
  if (className === '') return failedBinding('no persistent volumes available for this claim and no storage class is set')
  if (storageClass === undefined) {
    return { kind: 'wait', reason: 'ProvisioningFailed', message: `storageclass.storage.k8s.io "${className}" not found` }
  }
  if (storageClass.provisioner === localProvisioner) return { kind: 'provision', storageClass }
  const message = `nobody here makes volumes as "${storageClass.provisioner}"; the class "local" makes disks of this machine`
  return { kind: 'wait', reason: 'ExternalProvisioning', message }
}

const failedBinding = (message: string): ClaimStep => ({ kind: 'wait', reason: 'FailedBinding', message })

/** It says that it is this very claim's. */
export function isVolumeOf({ metadata }: PersistentVolumeClaim, { spec }: PersistentVolume): boolean {
  return spec?.claimRef?.uid !== undefined && spec.claimRef.uid === metadata.uid
}

/** Nobody's, or kept by its maker for a claim of this name, whichever that is. */
function isFreeFor({ metadata }: PersistentVolumeClaim, { spec }: PersistentVolume): boolean {
  if (spec?.claimRef === undefined) return true
  const { namespace, name, uid } = spec.claimRef
  return uid === undefined && namespace === metadata.namespace && name === metadata.name
}

function fits(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  const { spec = {} } = volume
  const wanted = claim.spec ?? {}
  return (
    isFreeFor(claim, volume) &&
    !isBeingDeleted(volume) &&
    (spec.storageClassName ?? '') === (wanted.storageClassName ?? '') &&
    (spec.volumeMode ?? 'Filesystem') === (wanted.volumeMode ?? 'Filesystem') &&
    (wanted.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode)) &&
    capacityBytes(volume) >= wantedBytes(claim)
  )
}

const wantedBytes = ({ spec }: PersistentVolumeClaim): bigint => storageBytes(spec?.resources?.requests) ?? 0n
const capacityBytes = ({ spec }: PersistentVolume): bigint => storageBytes(spec?.capacity) ?? 0n
const bySize = (a: PersistentVolume, b: PersistentVolume): number => Number(capacityBytes(a) - capacityBytes(b))
