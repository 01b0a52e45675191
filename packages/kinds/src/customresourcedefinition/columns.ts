// The columns of `kubectl get` that a definition asks for. Pure.

import type { CustomResourceColumn } from '@sheaf/api'
import type { Column, Json } from '@sheaf/api/meta'
import { valuesAt } from './json-path.ts'

export function columnOf({ name, type, format, description = '', priority = 0, jsonPath }: CustomResourceColumn): Column {
  // Types other than these are refused.
  const columnType = type as Column['type']
  return {
    name,
    type: columnType,
    ...(format === undefined ? {} : { format }),
    description,
    priority: priority > 0 ? 1 : 0,
    cell: (object) => cellOf(columnType, valuesAt(object, jsonPath)),
  }
}

/** An empty cell where there is nothing, or something of another type. */
function cellOf(type: Column['type'], values: readonly Json[]): string | number | boolean | undefined {
  const [first] = values
  switch (type) {
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : undefined
    case 'number':
      return typeof first === 'number' ? first : undefined
    case 'boolean':
      return typeof first === 'boolean' ? first : undefined
    case 'date':
      return typeof first === 'string' ? first : undefined
    case 'string':
      return values.length === 0 ? undefined : values.map(printed).join(' ')
  }
}

function printed(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
