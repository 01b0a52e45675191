import type { Hypervisor } from '@sheaf/qemu'
import type { Ports } from '../ports.ts'
import type { HostFacts } from './host-facts.ts'

export interface NodePorts extends Ports {
  nodeName: string
  host: HostFacts
  hypervisor: Pick<Hypervisor, 'list' | 'find'>
}
