// What the collector looks at: every resource, and who depends on whom.

import type { Ports } from '../ports.ts'
import type { ServedResource } from '../served-resource.ts'
import type { DependencyGraph } from './dependency-graph.ts'

export interface CollectorWorld extends Ports {
  /** Those that are followed. */
  resources: () => readonly ServedResource[]
  graph: DependencyGraph
}
