// Kubernetes' strategic merge patch: as a merge patch, but lists whose schema names a merge key merge element by
// element, and directives (`$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`) say the rest.
// Pure.

import {
  badRequest,
  goPlain,
  isJsonObject,
  type Json,
  type JsonObject,
  type JsonSchema,
  type SchemaDefinitions,
  StatusError,
} from '@sheaf/api/meta'
import { itemSchema, propertySchema } from '../../schema/definition-at.ts'
import { mergeList } from './merge-list.ts'

const orderPrefix = '$setElementOrder/'
const deletePrefix = '$deleteFromPrimitiveList/'

/** Metadata is the same everywhere; a Kind's schema need not describe it. */
const objectMetaSchema: JsonSchema = {
  type: 'object',
  properties: {
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-patch-strategy': 'merge' },
    ownerReferences: {
      type: 'array',
      items: { type: 'object' },
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'uid',
    },
  },
}

/** The patched document. It may share parts with both, which stay as they are. */
export function applyStrategicMergePatch(
  document: Json,
  patch: Json,
  schema: JsonSchema | undefined,
  definitions: SchemaDefinitions,
): Json {
  if (!isJsonObject(patch)) {
    const type = Array.isArray(patch) ? 'array' : typeof patch
    throw badRequest(`json: cannot unmarshal ${type} into Go value of type map[string]interface {}`)
  }
  const root: JsonSchema = { ...schema, properties: { ...schema?.properties, metadata: objectMetaSchema } }
  return mergeObject(isJsonObject(document) ? document : {}, patch, root, definitions)
}

/** One object with the changes to it. */
function mergeObject(
  original: JsonObject,
  patch: JsonObject,
  schema: JsonSchema | undefined,
  definitions: SchemaDefinitions,
): JsonObject {
  const { $patch: directive, $retainKeys: retained, ...changes } = patch
  if (directive === 'delete') return {}
  if (directive !== undefined && directive !== 'replace') {
    throw new StatusError(500, '', `unknown patch type: ${goPlain(directive)} in map: ${goPlain(patch)}`)
  }
  const merged: JsonObject = directive === 'replace' ? {} : { ...original }
  for (const field of changedFields(changes)) {
    const value = changedValue(merged, field, changes, propertySchema(schema, definitions, field), definitions)
    if (value === undefined) delete merged[field]
    else merged[field] = value
  }
  return retained === undefined ? merged : retain(merged, changes, retained)
}

/** The fields that a patch is about: named themselves, or only by a directive. */
function changedFields(changes: JsonObject): Set<string> {
  const fields = Object.keys(changes).map((name) => {
    if (name.startsWith(orderPrefix)) return name.slice(orderPrefix.length)
    return name.startsWith(deletePrefix) ? name.slice(deletePrefix.length) : name
  })
  return new Set(fields)
}

function changedValue(
  merged: JsonObject,
  field: string,
  changes: JsonObject,
  schema: JsonSchema | undefined,
  definitions: SchemaDefinitions,
): Json | undefined {
  const original = Object.hasOwn(merged, field) ? merged[field] : undefined
  const order = listDirective(changes, orderPrefix + field)
  const removed = listDirective(changes, deletePrefix + field)
  const value = Object.hasOwn(changes, field) ? changes[field] : undefined
  if (value === null) return undefined
  if (isJsonObject(value)) return mergeObject(isJsonObject(original) ? original : {}, value, schema, definitions)
  if (value !== undefined && !Array.isArray(value)) return value
  const isMerged = strategiesOf(schema).includes('merge')
  if (value !== undefined && !isMerged) return value
  if (!Array.isArray(value) && order === undefined && removed === undefined) return original
  return mergeList({
    original: Array.isArray(original) ? original : [],
    patch: value ?? [],
    order,
    removed,
    mergeKey: schema?.['x-kubernetes-patch-merge-key'],
    mergeItem: (item, change) => mergeObject(item, change, itemSchema(schema, definitions), definitions),
  })
}

function strategiesOf(schema: JsonSchema | undefined): string[] {
  return schema?.['x-kubernetes-patch-strategy']?.split(',') ?? []
}

function listDirective(changes: JsonObject, name: string): Json[] | undefined {
  const value = Object.hasOwn(changes, name) ? changes[name] : undefined
  if (value === undefined || Array.isArray(value)) return value
  // Kubernetes passes over the one and fails on the other.
  if (name.startsWith(deletePrefix)) return undefined
  throw new StatusError(500, '', `expected a []interface {}, but received a ${typeof value}`)
}

const wrongRetainKeys = (): StatusError => badRequest('invalid patch format of retainKeys')

/** `$retainKeys` names everything that is to be left, so that what belonged to another choice goes. */
function retain(merged: JsonObject, changes: JsonObject, retained: Json): JsonObject {
  if (!Array.isArray(retained)) throw wrongRetainKeys()
  const stray = Object.keys(changes).find((name) => !name.startsWith('$') && changes[name] !== null && !retained.includes(name))
  if (stray !== undefined) throw wrongRetainKeys()
  return Object.fromEntries(Object.entries(merged).filter(([name]) => retained.includes(name)))
}
