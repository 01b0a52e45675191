// What an element of a list whose elements are told apart is called.

import { isJsonObject, type Json, type JsonObject } from '@sheaf/api/meta'
import { keyStep, type Step, valueStep } from './field-path.ts'
import type { ListType } from './field-type.ts'

/** An object does not fit its schema, so that its fields cannot be told apart. */
export class UntypedValue extends Error {}

/** Throws UntypedValue for an element that has no name. */
export function stepOfItem(list: ListType, item: Json): Step {
  return list.relation === 'map' && list.keys.length > 0 ? stepByKeys(list, item) : stepByValue(item)
}

function stepByKeys(list: ListType, item: Json): Step {
  if (item === null) throw new UntypedValue('associative list with keys may not have a null element')
  if (!isJsonObject(item)) throw new UntypedValue('associative list with keys may not have non-map elements')
  const keys: JsonObject = {}
  for (const key of list.keys) {
    const value = Object.hasOwn(item, key) ? item[key] : list.item.map?.fields.get(key)?.default
    if (value === undefined) {
      throw new UntypedValue(
        `associative list with keys has an element that omits key field ${JSON.stringify(key)} (and doesn't have default value)`,
      )
    }
    keys[key] = value
  }
  return keyStep(keys)
}

function stepByValue(item: Json): Step {
  if (item === null) throw new UntypedValue("associative list without keys has an element that's an explicit null")
  if (Array.isArray(item)) throw new UntypedValue('not supported: associative list with lists as elements')
  if (typeof item === 'object') throw new UntypedValue("associative list without keys has an element that's a map type")
  return valueStep(item)
}
