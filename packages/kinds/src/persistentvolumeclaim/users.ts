// Which instances stand on a claim. Pure.

import { isFinal, type VirtualMachineInstance } from '@sheaf/api'
import type { ObjectKey } from '@sheaf/api/meta'

type Volume = NonNullable<VirtualMachineInstance['spec']['volumes']>[number]

/** The claim that a volume is, or lies over. A data volume is the claim of its name. */
export function claimNameOf(volume: Volume): string | undefined {
  return (
    volume.persistentVolumeClaim?.claimName ??
    volume.dataVolume?.name ??
    volume.ephemeral?.persistentVolumeClaim?.claimName ??
    volume.memoryDump?.claimName
  )
}

export const claimNamesOf = ({ spec }: VirtualMachineInstance): string[] =>
  (spec.volumes ?? []).flatMap((volume) => claimNameOf(volume) ?? [])

/** Instances that have not ended and name the claim. */
export function usersOfClaim(
  { namespace, name }: ObjectKey,
  instances: readonly VirtualMachineInstance[],
): VirtualMachineInstance[] {
  return instances.filter((each) => each.metadata.namespace === namespace && !isFinal(each) && claimNamesOf(each).includes(name))
}
