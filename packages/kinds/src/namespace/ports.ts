import type { Ports } from '../ports.ts'
import type { ServedResources } from '../served-resource.ts'

export interface NamespacePorts extends Ports {
  /** Everything that a namespace may contain, and more: cluster-scoped resources are passed over. */
  resources: Pick<ServedResources, 'served'>
}
