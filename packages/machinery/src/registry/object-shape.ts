// From a decoded body to an object whose metadata can be trusted to have the right types. The Kind's own fields are
// the schema's business. Pure.

import {
  type ApiObject,
  apiVersionOf,
  badRequest,
  invalid,
  invalidError,
  isJsonObject,
  type Json,
  type JsonObject,
  type ObjectMeta,
  type ResourceDefinition,
  type StatusError,
} from '@sheaf/api/meta'

export interface ShapedObject {
  object: ApiObject
  /** Paths of the fields of metadata that nobody knows; they are gone. */
  unknownFields: string[]
}

/** Throws BadRequest for what is no object of this resource. The answer shares no structure with `value` above its fields. */
export function shapeObject(definition: ResourceDefinition, value: Json): ShapedObject {
  if (!isJsonObject(value)) throw unusable(definition, `json: cannot unmarshal ${typeName(value)} into a ${definition.kind}`)
  const { apiVersion, kind, metadata, ...fields } = value
  checkKind(definition, apiVersion, kind, value)
  const unknownFields: string[] = []
  const shaped = shapeMeta(definition, metadata ?? {}, unknownFields)
  const object: ApiObject = { apiVersion: apiVersionOf(definition), kind: definition.kind, metadata: shaped, ...fields }
  return { object, unknownFields }
}

export function unusable(definition: ResourceDefinition, why: string): StatusError {
  const { kind } = definition
  return badRequest(`${kind} in version "${definition.version}" cannot be handled as a ${kind}: ${why}`)
}

function checkKind(definition: ResourceDefinition, apiVersion: Json | undefined, kind: Json | undefined, body: JsonObject): void {
  const expected = apiVersionOf(definition)
  if (!kind || !apiVersion) {
    // A typed client of a built-in Kind may leave both out: the path says them.
    if (definition.origin === 'native' && (!kind || kind === definition.kind)) return
    if (!kind) throw unrecognized(definition, `Object 'Kind' is missing in '${excerptOf(body)}'`, JSON.stringify(body))
  }
  if (apiVersion !== expected) {
    const given = apiVersion === undefined ? '' : typeof apiVersion === 'string' ? apiVersion : JSON.stringify(apiVersion)
    throw badRequest(`the API version in the data (${given}) does not match the expected API version (${expected})`)
  }
  if (kind !== definition.kind) {
    const given = typeof kind === 'string' ? kind : JSON.stringify(kind)
    if (definition.origin === 'custom') throw wrongKind(definition, given, nameIn(body))
    throw badRequest(
      `${given} in version "${definition.version}" cannot be handled as a ${definition.kind}: the path is that of ${definition.plural}`,
    )
  }
}

function wrongKind(definition: ResourceDefinition, kind: string, name: string): StatusError {
  return invalidError({ ...definition, kind }, name, [invalid('kind', kind, `must be ${definition.kind}`)])
}

function nameIn({ metadata }: JsonObject): string {
  return isJsonObject(metadata) && typeof metadata.name === 'string' ? metadata.name : ''
}

/** A body that does not even say what it is about. */
export function unrecognized({ kind }: ResourceDefinition, why: string, body: string): StatusError {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summaryOf(body)})`)
}

const maxSummary = 30

/** The beginning of what looks like an object, of anything else its bytes. */
function summaryOf(body: string): string {
  if (body === '') return '<empty>'
  const bytes = Buffer.from(body)
  const start = bytes.subarray(0, maxSummary)
  return `${start.toString(body.startsWith('{') ? 'utf8' : 'hex')}${bytes.length > maxSummary ? ' ...' : ''}`
}

/** Enough to recognise the manifest by; a message is no place for megabytes. */
const maxExcerpt = 200

function excerptOf(body: JsonObject): string {
  const text = JSON.stringify(body)
  return text.length > maxExcerpt ? `${text.slice(0, maxExcerpt)}…` : text
}

type FieldShape = 'string' | 'number' | 'string-map' | 'string-list' | 'owners' | 'managers' | 'dropped'

/** `dropped`: accepted, and not kept. */
const metaFields: Readonly<Record<string, FieldShape>> = {
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  uid: 'string',
  resourceVersion: 'string',
  generation: 'number',
  creationTimestamp: 'string',
  deletionTimestamp: 'string',
  deletionGracePeriodSeconds: 'number',
  labels: 'string-map',
  annotations: 'string-map',
  ownerReferences: 'owners',
  finalizers: 'string-list',
  managedFields: 'managers',
  selfLink: 'dropped',
  clusterName: 'dropped',
}

/** Whether metadata has a field of this name. */
export function isMetaField(name: string): boolean {
  return Object.hasOwn(metaFields, name)
}

function shapeMeta(definition: ResourceDefinition, metadata: Json, unknownFields: string[]): ObjectMeta {
  const refuse = (value: Json | undefined, path: string, wanted: string): never => {
    throw unusable(
      definition,
      `json: cannot unmarshal ${typeName(value)} into Go struct field ObjectMeta.${path} of type ${wanted}`,
    )
  }
  if (!isJsonObject(metadata)) return refuse(metadata, 'metadata', 'v1.ObjectMeta')
  const kept: JsonObject = {}
  for (const name of Object.keys(metadata)) {
    const value = metadata[name]
    const shape = Object.hasOwn(metaFields, name) ? metaFields[name] : undefined
    if (shape === undefined) unknownFields.push(`metadata.${name}`)
    if (shape === undefined || shape === 'dropped' || value === undefined || value === null) continue
    const problem = problemOf(shape, value)
    if (problem !== undefined) refuse(problem.value, `metadata.${name}`, problem.wanted)
    // An empty list of managers says something: that nobody owns anything.
    if (shape === 'managers' || !isEmpty(value)) kept[name] = shape === 'owners' ? shapeOwners(value, unknownFields) : value
  }
  // Every field was checked against the type that ObjectMeta gives it.
  return kept as ObjectMeta
}

/** Empty values are not stored, as in Kubernetes, so that sending them is no change. */
function isEmpty(value: Json): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
}

interface Problem {
  value: Json | undefined
  wanted: string
}

function problemOf(shape: Exclude<FieldShape, 'dropped'>, value: Json): Problem | undefined {
  switch (shape) {
    case 'string':
      return typeof value === 'string' ? undefined : { value, wanted: 'string' }
    case 'number':
      return Number.isSafeInteger(value) ? undefined : { value, wanted: 'int64' }
    case 'string-map':
      return isJsonObject(value) ? notAllStrings(Object.values(value)) : { value, wanted: 'map[string]string' }
    case 'string-list':
      return Array.isArray(value) ? notAllStrings(value) : { value, wanted: '[]string' }
    case 'owners':
      return ownersProblem(value)
    case 'managers':
      return Array.isArray(value) && value.every(isJsonObject) ? undefined : { value, wanted: '[]v1.ManagedFieldsEntry' }
  }
}

function notAllStrings(values: (Json | undefined)[]): Problem | undefined {
  const index = values.findIndex((value) => typeof value !== 'string')
  return index < 0 ? undefined : { value: values[index], wanted: 'string' }
}

const ownerTexts = ['apiVersion', 'kind', 'name', 'uid'] as const
const ownerFlags = ['controller', 'blockOwnerDeletion'] as const

function ownersProblem(value: Json): Problem | undefined {
  if (!Array.isArray(value)) return { value, wanted: '[]v1.OwnerReference' }
  for (const owner of value) {
    if (!isJsonObject(owner)) return { value: owner, wanted: 'v1.OwnerReference' }
    const text = ownerTexts.map((field) => owner[field] ?? '').find((each) => typeof each !== 'string')
    if (text !== undefined) return { value: text, wanted: 'string' }
    const flag = ownerFlags.map((field) => owner[field] ?? false).find((each) => typeof each !== 'boolean')
    if (flag !== undefined) return { value: flag, wanted: 'bool' }
  }
  return undefined
}

function shapeOwners(value: Json, unknownFields: string[]): Json {
  if (!Array.isArray(value)) return value
  return value.filter(isJsonObject).map((owner, index) => {
    const known = new Set<string>([...ownerTexts, ...ownerFlags])
    for (const field of Object.keys(owner)) {
      if (!known.has(field)) unknownFields.push(`metadata.ownerReferences[${index}].${field}`)
    }
    const texts = Object.fromEntries(ownerTexts.map((field) => [field, owner[field] ?? '']))
    const flags = ownerFlags.filter((field) => typeof owner[field] === 'boolean').map((field) => [field, owner[field]] as const)
    return { ...texts, ...Object.fromEntries(flags) }
  })
}

/** How Go's decoder names a JSON value. */
function typeName(value: Json | undefined): string {
  if (Array.isArray(value)) return 'array'
  if (value === null || value === undefined) return 'null'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
