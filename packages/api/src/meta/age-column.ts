import type { Column } from './resource-definition.ts'

/** The column that nearly every table of `kubectl get` has. */
export const ageColumn = {
  name: 'Age',
  type: 'date',
  description: 'How long ago the object was created.',
  priority: 0,
  cell: (object) => object.metadata.creationTimestamp ?? undefined,
} as const satisfies Column

/** What Kubernetes shows instead of some Kinds' age: the time itself. */
export const createdAtColumn: Column = {
  name: 'Created At',
  type: 'string',
  description: 'When it was made.',
  priority: 0,
  cell: ({ metadata }) => metadata.creationTimestamp ?? undefined,
}
