// The columns that nearly every table of `kubectl get` has.

import type { Column } from './resource-definition.ts'

/** `format: name` tells kubectl which cell to write as `kind/name` with `-o name` and with several Kinds at once. */
export const nameColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'The name of the object, unique among its Kind in its namespace.',
  priority: 0,
  cell: (object) => object.metadata.name,
} as const satisfies Column

export const ageColumn = {
  name: 'Age',
  type: 'date',
  description: 'How long ago the object was created.',
  priority: 0,
  cell: (object) => object.metadata.creationTimestamp ?? undefined,
} as const satisfies Column
