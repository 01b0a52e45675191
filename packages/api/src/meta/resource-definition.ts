import type { FieldError } from './field-error.ts'
import type { ApiObject } from './object-meta.ts'

/** One column of `kubectl get`. */
export interface Column<T extends ApiObject = ApiObject> {
  name: string
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  format?: string
  description: string
  /** 0 is shown always, 1 only with `-o wide`. */
  priority: 0 | 1
  /**
   * The cell. `date` columns give the RFC 3339 time, which the server prints as an age; `undefined` is an empty cell.
   */
  cell(object: T): string | number | boolean | undefined
}

/** A method, so that the definition of a special Kind is also one of any Kind: whoever holds it passes the right objects. */
interface FieldReader<T extends ApiObject> {
  read(object: T): string
}

/** Where an object keeps what its `/scale` shows, as in a custom resource definition: `.spec.replicas`. */
export interface ScalePaths {
  specReplicasPath: string
  statusReplicasPath: string
  /** The text form of the selector, by which autoscalers find the members. */
  labelSelectorPath?: string
}

/** What a resource is called, what it looks like and which rules its fields obey: all that is true without other objects. */
export interface ResourceDefinition<T extends ApiObject = ApiObject> {
  /** Empty for Kubernetes' core group. */
  group: string
  version: string
  kind: string
  listKind: string
  /** The name in URLs. */
  plural: string
  singular: string
  shortNames: readonly string[]
  categories: readonly string[]
  scope: 'Namespaced' | 'Cluster'
  /** Key into the generated schemas and the name in OpenAPI, such as `io.k8s.api.core.v1.ConfigMap`. */
  schemaName: string
  /**
   * `native`: as Kubernetes' built-in Kinds (protobuf bodies, strategic merge patch, PUT without resourceVersion).
   * `custom`: as custom resources.
   */
  origin: 'native' | 'custom'
  /** Whether `/status` exists, and with it the split between spec and status. */
  hasStatus: boolean
  /** Makes `/scale` exist: the number of replicas as every scalable Kind shows it. */
  scale?: ScalePaths
  /** Whether metadata.generation counts changes of this Kind. */
  countsGeneration: boolean
  /** PUT on a missing object creates it (Lease, Event). */
  createsOnUpdate: boolean
  /** Sent as `Warning: 299` with every answer: this version is on its way out. */
  deprecationWarning?: string
  /** In which version objects are stored, where a resource is served in several. Absent: in this one. */
  storageVersion?: string
  /** Whoever deletes an object of this Kind waits for these, and for those that the object has itself. */
  finalizersAtDeletion?: readonly string[]
  /** What a name may look like. */
  nameRule: 'subdomain' | 'label' | 'dns-1035-label' | 'path-segment'
  /** What names begin with that nobody gave: an object may then be created without name and generateName. */
  namePrefix?: string
  /** Verbs that this resource lacks among the usual eight. */
  withoutVerbs: readonly string[]
  /** In their order. The server puts Name before them, unless one of them is called so. */
  columns: readonly Column<T>[]
  /** Field selectors beside metadata.name and metadata.namespace: path → value (empty string where absent). */
  selectableFields: Readonly<Record<string, FieldReader<T>['read']>>
  /** Fills what the sender left out, on create and update. Pure. Receives a private copy and may change it. */
  applyDefaults?(object: T): void
  /**
   * Fills what is the server's to say and not the sender's, on create and update, after the defaults: nobody comes to own
   * it. Pure. Receives a private copy and may change it.
   */
  complete?(object: T): void
  /** Field rules beyond the schema. Pure. `old` is the stored object on update. */
  validate?(object: T, old: T | undefined): FieldError[]
  /** Texts for `Warning: 299`, for an admitted create or update. Pure. */
  warnings?(object: T): string[]
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(definition: { group: string; version: string }): string {
  return definition.group === '' ? definition.version : `${definition.group}/${definition.version}`
}

/** `virtualmachines.kubevirt.io`, or `configmaps` for the core group: how messages name a resource. */
export function qualifiedResource(definition: { group: string; plural: string }): string {
  return definition.group === '' ? definition.plural : `${definition.plural}.${definition.group}`
}

/** `VirtualMachine.kubevirt.io`, or `ConfigMap`: how messages name a Kind. */
export function qualifiedKind(definition: { group: string; kind: string }): string {
  return definition.group === '' ? definition.kind : `${definition.kind}.${definition.group}`
}

/** Where the objects of a resource live: the collection, or one object, or one of its subresources. */
export function resourcePath(
  definition: { group: string; version: string; plural: string; scope: 'Namespaced' | 'Cluster' },
  key: { namespace?: string; name?: string },
  subresource?: string,
): string {
  const root = definition.group === '' ? `/api/${definition.version}` : `/apis/${definition.group}/${definition.version}`
  const scope = definition.scope === 'Namespaced' && key.namespace ? `/namespaces/${encodeURIComponent(key.namespace)}` : ''
  const name = key.name === undefined ? '' : `/${encodeURIComponent(key.name)}`
  return `${root}${scope}/${definition.plural}${name}${subresource === undefined ? '' : `/${subresource}`}`
}
