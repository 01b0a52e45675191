// Which of virtio's shapes a machine takes: microvm has no PCI, and old guests know only the transitional devices.

import type { LaunchPlan } from '../launch-plan.ts'

/** `('virtio-blk')` → `virtio-blk-pci`. */
export function virtioDevice({ machine, virtio }: Pick<LaunchPlan, 'machine' | 'virtio'>, name: string): string {
  if (machine === 'microvm') return `${name}-device`
  return virtio === 'transitional' ? `${name}-pci-transitional` : `${name}-pci`
}

/** Of `0000:00:08.0`, what a device on the root bus is told. */
export function pciPlace(address: string | undefined): { bus?: string; addr?: string } {
  return address === undefined ? {} : { bus: 'pcie.0', addr: address.split(':')[2] ?? '' }
}
