// The smallest words for changing an object, and what they do to it.

import { isJsonObject, type Json, type JsonObject } from '../meta/json.ts'
import type { JsonPath } from './json-path.ts'

export type PathEdit =
  | { op: 'set'; path: JsonPath; value: Json }
  /** The key at the end of the path gets another name and value, in its old place among its siblings. */
  | { op: 'rename'; path: JsonPath; key: string; value: Json }
  | { op: 'delete'; path: JsonPath }

/** The object after the edits; the given one stays as it is. Edits of what is not there do nothing. */
export function applyEdits(object: Json, edits: readonly PathEdit[]): Json {
  return edits.reduce((edited, edit) => editAt(edited, edit.path, edit), object)
}

function editAt(value: Json, path: JsonPath, edit: PathEdit): Json {
  const [segment, ...rest] = path
  if (segment === undefined) return value
  if (Array.isArray(value)) {
    return value.map((item, index) => (index === segment && rest.length > 0 ? editAt(item, rest, edit) : item))
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, segment)) return value
  return Object.fromEntries(Object.entries(value).flatMap((entry) => editEntry(entry, String(segment), rest, edit)))
}

function editEntry(
  entry: [string, Json | undefined],
  segment: string,
  rest: JsonPath,
  edit: PathEdit,
): [string, JsonObject[string]][] {
  const [key, value = null] = entry
  if (key !== segment) return [entry]
  if (rest.length > 0) return [[key, editAt(value, rest, edit)]]
  if (edit.op === 'delete') return []
  return edit.op === 'rename' ? [[edit.key, edit.value]] : [[key, edit.value]]
}
