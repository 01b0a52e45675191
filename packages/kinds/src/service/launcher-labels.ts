// The labels by which selectors find a guest: those of the pod in which KubeVirt would run it. They are its own and a few
// that tell whose they are, and virtctl expose and KubeVirt's documentation select by either. Pure.

import { createHash } from 'node:crypto'
import type { VirtualMachineInstance } from '@sheaf/api'
import { guestHostname } from '../guest-hostname.ts'

/** Of a label's value. */
const longestValue = 63
const hashLength = 8

export function launcherLabelsOf(instance: VirtualMachineInstance): Record<string, string> {
  const { labels, name = '', uid = '' } = instance.metadata
  return {
    ...labels,
    'kubevirt.io': 'virt-launcher',
    'kubevirt.io/created-by': uid,
    'vm.kubevirt.io/name': guestHostname(instance),
    'vmi.kubevirt.io/id': instanceId(name),
  }
}

/** KubeVirt's: the name, or what a label has room for of it and a hash. */
function instanceId(name: string): string {
  if (name.length <= longestValue) return name
  const hash = createHash('sha1').update(name).digest('hex').slice(0, hashLength)
  return `${name.slice(0, longestValue - hashLength - 1)}-${hash}`
}
