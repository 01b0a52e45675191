// Everything we know of the served Kinds' schemas beyond the generated types.

import { builtInKinds } from './built-in-kinds.ts'
import { customResources } from './custom-resources.ts'
import type { SchemaOverlay } from './definition-overlay.ts'
import { instanceTypes } from './instance-types.ts'
import { machineSets } from './machine-sets.ts'
import { podParts } from './pod-parts.ts'
import { virtualMachines } from './virtual-machines.ts'

export const schemaOverlay: SchemaOverlay = {
  ...builtInKinds,
  ...customResources,
  ...instanceTypes,
  ...podParts,
  ...virtualMachines,
  ...machineSets,
}
