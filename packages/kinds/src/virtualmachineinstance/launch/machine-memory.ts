// The memory of a machine, and what of it must be there when it starts. Pure.

import { bytesOf, type VirtualMachineInstance } from '@sheaf/api'
import { type LaunchPlan, overheadBytes } from '@sheaf/qemu'

type Domain = VirtualMachineInstance['spec']['domain']

/** What a guest gets when nobody says how much: KubeVirt refuses such a spec at admission. */
const fallbackMemoryBytes = 128 * 1024 * 1024

export function memoryBytesOf(domain: Domain): number {
  const text = domain.memory?.guest ?? domain.resources?.requests?.['memory'] ?? domain.resources?.limits?.['memory']
  return text === undefined ? fallbackMemoryBytes : Number(bytesOf(text))
}

export function hugepageBytesOf({ memory }: Domain): number | undefined {
  const size = memory?.hugepages?.pageSize
  return size === undefined ? undefined : Number(bytesOf(size))
}

/** As a scheduler counts it: what was requested, else all that the guest may touch; and what QEMU needs, unless that is to be left out. */
export function promisedBytesOf(domain: Domain): number {
  const { memory, resources } = domain
  const requested = resources?.requests?.['memory']
  const ofGuest = requested === undefined ? memoryBytesOf(domain) : Number(bytesOf(requested))
  const added = Number(bytesOf(memory?.reservedOverhead?.addedOverhead ?? 0))
  const overhead = resources?.overcommitGuestOverhead === true ? 0 : overheadBytes + added
  return (hugepageBytesOf(domain) === undefined ? ofGuest : 0) + overhead
}

export function memoryOf(domain: Domain): Pick<LaunchPlan, 'memoryBytes' | 'hugepageBytes' | 'promisedBytes'> {
  const hugepageBytes = hugepageBytesOf(domain)
  return {
    memoryBytes: memoryBytesOf(domain),
    promisedBytes: promisedBytesOf(domain),
    ...(hugepageBytes === undefined ? {} : { hugepageBytes }),
  }
}
