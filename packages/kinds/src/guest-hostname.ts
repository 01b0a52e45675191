import type { VirtualMachineInstance } from '@sheaf/api'

/** What Linux takes for a host's name. */
const maxLength = 63

/** What the guest is told that it is called: what the spec says, or the first part of its own name. */
export function guestHostname({ metadata, spec }: VirtualMachineInstance): string {
  return (spec.hostname || (metadata.name ?? 'guest')).split('.')[0]?.slice(0, maxLength) ?? 'guest'
}
