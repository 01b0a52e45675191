// The disk of a claim: the file that its volume names, for one machine at a time.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeClaimDefinition,
  persistentVolumeDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import type { MachinePorts } from '../../ports.ts'
import { usersOfClaim } from '../../persistentvolumeclaim/users.ts'
import { isBeforeLaunch } from '../decide.ts'
import { refuse } from '../refusal.ts'
import { cannotMount, Missing } from './missing.ts'

type ClaimDiskPorts = Pick<MachinePorts, 'client'>

/** The path of a raw image. Throws Missing. */
export async function claimFileOf(
  volume: string,
  claimName: string,
  instance: VirtualMachineInstance,
  { client }: ClaimDiskPorts,
): Promise<string> {
  const { namespace = '' } = instance.metadata
  const claims = client.resource<PersistentVolumeClaim>(persistentVolumeClaimDefinition)
  const claim = await claims.find({ namespace, name: claimName })
  if (claim === undefined) throw claimMissing(claimName, instance)
  if (claim.status?.phase !== 'Bound') {
    const message = `PVC ${namespace}/${claimName} is ${claim.status?.phase ?? 'Pending'}, waiting for its volume; kubectl get events --field-selector involvedObject.name=${claimName} says why it has none`
    throw new Missing(refuse('Synchronized', 'WaitingForVolumeBinding', message))
  }
  if (!isForMany(claim)) await refuseSecondUser(claimName, instance, { client })
  const name = claim.spec?.volumeName ?? ''
  const found = await client.resource<PersistentVolume>(persistentVolumeDefinition).find({ namespace: '', name })
  const path = found?.spec?.local?.path ?? found?.spec?.hostPath?.path
  if (path === undefined) throw cannotMount(volume, `the volume ${name} of PVC ${namespace}/${claimName} is not there`)
  const kind = await stat(path).catch(() => undefined)
  const file = kind?.isDirectory() === true ? join(path, 'disk.img') : path
  if ((await stat(file).catch(() => undefined)) === undefined) throw cannotMount(volume, `there is no disk at ${file}`)
  return file
}

const isForMany = ({ status }: PersistentVolumeClaim): boolean =>
  status?.accessModes?.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany') === true

/** Two that wait let the older one go first. */
async function refuseSecondUser(claimName: string, instance: VirtualMachineInstance, { client }: ClaimDiskPorts): Promise<void> {
  const { namespace = '', uid } = instance.metadata
  const { items } = await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).list({ namespace })
  const age = ({ metadata }: VirtualMachineInstance): string => `${metadata.creationTimestamp} ${metadata.uid}`
  const holder = usersOfClaim({ namespace, name: claimName }, items).find(
    (each) => each.metadata.uid !== uid && (!isBeforeLaunch(each) || age(each) < age(instance)),
  )
  if (holder === undefined) return
  const message = `PVC ${namespace}/${claimName} is attached to "${holder.metadata.name}" and can be attached to one machine at a time; stop that one, or ask for ReadWriteMany where both are meant to write`
  throw new Missing(refuse('Synchronized', 'FailedAttachVolume', message))
}

export function claimMissing(claim: string, { metadata }: VirtualMachineInstance): Missing {
  const message = `PVC ${metadata.namespace}/${claim} does not exist, waiting for it to appear`
  return new Missing(refuse('Synchronized', 'FailedPvcNotFound', message))
}
