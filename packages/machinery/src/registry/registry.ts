// What every verb works on: the store, the ports, and where each resource's objects lie in the store.

import type {
  ApiObject,
  Clock,
  FieldError,
  Json,
  JsonSchema,
  Random,
  ResourceDefinition,
  SchemaDefinitions,
} from '@sheaf/api/meta'
import type { Admission, Charge, UserInfo } from '../kind.ts'
import type { Store } from '../store/store.ts'
import type { Review } from './review.ts'
import type { RevisionWaiters } from './revision-waiters.ts'

/** A Kind as the registry holds it. */
export interface Resource {
  readonly definition: ResourceDefinition
  /** Changes with the object that defines the Kind, if one does. */
  admission: Admission
  readonly schema: JsonSchema | undefined
  /** Of a Kind whose objects are only questions. */
  review: Review | undefined
  /** Where its objects lie in the store. */
  prefix: string
  /** What the rules in the schema have against an object; `isShapeless`: its shape is wrong, and they cannot be asked. Absent: it has none. */
  rules?: (object: ApiObject, old: ApiObject | undefined, isShapeless: boolean) => Promise<FieldError[]>
  /** A stored object as this resource shows it. Absent: as it lies. */
  shown?: ShownForm
  /** An object of this resource as it is to lie in the store. Absent: as it is, in the version that is stored. */
  stored?: (object: ApiObject) => ApiObject
}

/** The same entry again, or one with another text. */
export type ShownForm = <E extends Encoded>(entry: E) => E

/** The resource whose objects the namespaced ones live in. */
export interface NamespaceResource {
  resource: Resource
  protectedNames: readonly string[]
}

export interface Registry {
  store: Store
  clock: Clock
  random: Random
  schemas: SchemaDefinitions
  /** Undefined where every namespace is taken to exist. */
  namespaces: NamespaceResource | undefined
  revisions: RevisionWaiters
  /** Undefined: there is room for everything. */
  charge: Charge | undefined
}

/** Which objects: an empty namespace means all of them, or cluster scope; an empty name the collection. */
export interface Target {
  resource: Resource
  namespace: string
  name: string
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'
export type Subresource = 'status' | 'scale' | 'finalize'

/** What every write is told beside what to write. */
export interface WriteCall extends Target {
  user: UserInfo
  /** What the writer calls itself, for the record of who owns which field. */
  fieldManager: string
  dryRun: boolean
  fieldValidation: FieldValidation
  warn: (text: string) => void
}

/** A decoded body, and what a strict reader would not have let pass. */
export interface DecodedBody {
  value: Json
  /** `duplicate field "spec.a"` */
  strictIssues: readonly string[]
}

/** An object as its text: stored, or what would have been. */
export interface Encoded {
  readonly text: string
}

/** An object that may be stored. */
export interface Prepared {
  object: ApiObject
  /** Called when it is stored, or could not be. */
  settle: (() => void) | undefined
}

/** Waits for it to be stored, and settles. */
export function settled<T>({ settle }: Prepared, storing: Promise<T>): Promise<T> {
  return settle === undefined ? storing : storing.finally(settle)
}

/** Objects of one resource lie side by side, in the order of namespace and name. */
export function storagePrefix(definition: { group: string; plural: string }): string {
  return `/${definition.group === '' ? 'core' : definition.group}/${definition.plural}/`
}

export function storageKey({ resource, namespace, name }: Target): string {
  return `${collectionPrefix({ resource, namespace })}${name}`
}

export function collectionPrefix({ resource, namespace }: Omit<Target, 'name'>): string {
  const inNamespace = resource.definition.scope === 'Namespaced' && namespace !== ''
  return inNamespace ? `${resource.prefix}${namespace}/` : resource.prefix
}
