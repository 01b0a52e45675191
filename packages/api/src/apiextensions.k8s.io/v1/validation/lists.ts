// How lists and maps are merged, and by what the elements of a list are told apart. Pure.

import { type FieldError, forbidden, invalid, type JsonSchema, notSupported, required } from '../../../meta/index.ts'

const listTypes = ['atomic', 'map', 'set']
const mapTypes = ['atomic', 'granular']

export function listErrors(schema: JsonSchema, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type']
  const mapType = schema['x-kubernetes-map-type']
  return [
    ...ofType(schema, path, mapType !== undefined, 'object', 'x-kubernetes-map-type'),
    ...(mapType === undefined || mapTypes.includes(mapType)
      ? []
      : [notSupported(`${path}.x-kubernetes-map-type`, mapType, mapTypes)]),
    ...ofType(schema, path, listType !== undefined, 'array', 'x-kubernetes-list-type'),
    ...(listType === undefined || listTypes.includes(listType)
      ? []
      : [notSupported(`${path}.x-kubernetes-list-type`, listType, listTypes)]),
    ...(listType === 'set' ? setErrors(schema, path) : []),
    ...keyErrors(schema, path),
    ...(listType === 'set' || listType === 'map' ? nullableErrors(schema, path, listType) : []),
  ]
}

function ofType({ type }: JsonSchema, path: string, isSaid: boolean, wanted: string, word: string): FieldError[] {
  if (!isSaid || type === wanted) return []
  const why = `must be ${wanted} if ${word} is specified`
  return [type ? invalid(`${path}.type`, type, why) : required(`${path}.type`, why)]
}

/** The elements of a set are compared whole. */
function setErrors({ items }: JsonSchema, path: string): FieldError[] {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const listType = items?.['x-kubernetes-list-type']
  const mapType = items?.['x-kubernetes-map-type']
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic') {
    return [invalid(`${path}.items.x-kubernetes-list-type`, listType, why)]
  }
  if (items?.type === 'object' && mapType !== 'atomic') {
    return [invalid(`${path}.items.x-kubernetes-map-type`, mapType ?? null, why)]
  }
  return []
}

function keyErrors(schema: JsonSchema, path: string): FieldError[] {
  const { items } = schema
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const keysPath = `${path}.x-kubernetes-list-map-keys`
  if (listType !== 'map') {
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty'
    const typePath = `${path}.x-kubernetes-list-type`
    if (keys.length === 0) return []
    return [listType === undefined ? required(typePath, why) : invalid(typePath, listType, why)]
  }
  if (keys.length === 0) return [required(keysPath, 'must not be empty if x-kubernetes-list-type is map')]
  if (items === undefined) return [required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')]
  if (items.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map"
    return [invalid(`${path}.items.type`, items.type ?? '', why)]
  }
  return keys.flatMap((key, index) => [
    ...oneKeyErrors(items, key, path),
    ...(keys.indexOf(key) < index ? [invalid(keysPath, keys, 'must not contain duplicate entries')] : []),
    ...(Object.hasOwn(items.properties ?? {}, key)
      ? []
      : [invalid(keysPath, keys, 'entries must all be names of item properties')]),
  ])
}

function oneKeyErrors(items: JsonSchema, key: string, path: string): FieldError[] {
  const at = `${path}.items.properties[${key}]`
  const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties?.[key] : undefined
  if (property === undefined) return []
  const isThere = items.required?.includes(key) === true || property.default !== undefined
  return [
    ...(property.type === 'array' || property.type === 'object'
      ? [invalid(`${at}.type`, items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map")]
      : []),
    ...(isThere
      ? []
      : [
          required(
            `${at}.default`,
            'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
          ),
        ]),
    ...(property.nullable === true
      ? [forbidden(`${at}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable')]
      : []),
  ]
}

function nullableErrors({ items }: JsonSchema, path: string, listType: string): FieldError[] {
  if (items?.nullable !== true) return []
  return [forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`)]
}
