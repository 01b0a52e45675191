import type { Hypervisor, Machine } from '@sheaf/qemu'
import { givenPaths } from '@sheaf/qemu'
import type { Ports } from '../ports.ts'
import type { StoredImage, VirtualMachineImageStore } from './image-store.ts'

export interface VirtualMachineImagePorts extends Ports {
  imageStore: VirtualMachineImageStore
  hypervisor: Pick<Hypervisor, 'list' | 'onChange'>
}

/** The machines that were given files of the image, as namespace/name. */
export async function usersOf(
  stored: StoredImage,
  { hypervisor }: Pick<VirtualMachineImagePorts, 'hypervisor'>,
): Promise<string[]> {
  if (stored.kind !== 'there') return []
  const stands = ({ plan }: Machine): boolean => givenPaths(plan).some((path) => path.startsWith(`${stored.folder}/`))
  return (await hypervisor.list()).filter(stands).map(({ plan }) => plan.name.replace('_', '/'))
}
