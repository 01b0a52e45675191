// What a rewrite does to one field of a stored object, so that it can be done, found done, and undone.

import { isJsonObject, type Json } from '../meta/json.ts'
import { sameJson } from '../meta/same-json.ts'
import type { JsonPath } from './json-path.ts'
import type { PathEdit } from './path-edit.ts'

/** Undefined where the field is not there. */
export interface FieldChange {
  path: JsonPath
  from?: Json
  to?: Json
}

/** `value` is what stands where the edit begins. */
export function changesOf(edit: PathEdit, value: Json): FieldChange[] {
  switch (edit.op) {
    case 'delete':
      return [{ path: edit.path, from: value }]
    case 'set':
      return [{ path: edit.path, from: value, to: edit.value }]
    case 'rename':
      return [
        { path: edit.path, from: value },
        { path: [...edit.path.slice(0, -1), edit.key], to: edit.value },
      ]
    default:
      return edit satisfies never
  }
}

/** As a JSON patch. What is to change is tested first: it holds for the state that it was made from, and says why otherwise. */
export function changePatch(changes: readonly FieldChange[]): Json[] {
  return changes.flatMap(({ path: segments, from, to }): Json[] => {
    const path = pointer(segments)
    const test = from === undefined ? [] : [{ op: 'test', path, value: from }]
    if (to === undefined) return [...test, { op: 'remove', path }]
    return [...test, { op: from === undefined ? 'add' : 'replace', path, value: to }]
  })
}

/** What takes the changes back. */
export function reversed(changes: readonly FieldChange[]): FieldChange[] {
  return changes.toReversed().map(({ path, from, to }) => ({
    path,
    ...(to === undefined ? {} : { from: to }),
    ...(from === undefined ? {} : { to: from }),
  }))
}

/** Whether the fields are as before the changes, as after them, or as somebody else has written them since. */
export function standOf(object: unknown, changes: readonly FieldChange[]): 'before' | 'after' | 'otherwise' {
  const isAs = (side: 'from' | 'to'): boolean =>
    changes.every((change) => sameJson(valueAt(object as Json, change.path), change[side]))
  if (isAs('from')) return 'before'
  return isAs('to') ? 'after' : 'otherwise'
}

function valueAt(value: Json | undefined, path: JsonPath): Json | undefined {
  const [segment, ...rest] = path
  if (segment === undefined) return value
  if (Array.isArray(value)) return typeof segment === 'number' ? valueAt(value[segment], rest) : undefined
  return isJsonObject(value ?? null) ? valueAt((value as Record<string, Json>)[segment], rest) : undefined
}

/** RFC 6901. */
function pointer(path: JsonPath): string {
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
