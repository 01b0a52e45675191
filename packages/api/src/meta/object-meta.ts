// The part that every object has, as in Kubernetes' meta/v1.

export interface TypeMeta {
  apiVersion: string
  kind: string
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface ManagedFieldsEntry {
  manager?: string
  operation?: 'Apply' | 'Update'
  apiVersion?: string
  time?: string
  fieldsType?: string
  fieldsV1?: object
  subresource?: string
}

export interface ObjectMeta {
  name?: string
  generateName?: string
  namespace?: string
  uid?: string
  /** The store's revision of the last write, as an opaque string. */
  resourceVersion?: string
  /** Counts changes of the wanted state; status does not move it. */
  generation?: number
  creationTimestamp?: string | null
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: ManagedFieldsEntry[]
}

/** Any object of the API: what machinery knows of one. */
export interface ApiObject extends TypeMeta {
  metadata: ObjectMeta
  spec?: unknown
  status?: unknown
}

export interface ListMeta {
  resourceVersion?: string
  continue?: string
  remainingItemCount?: number
}

export interface ApiList<T extends ApiObject = ApiObject> extends TypeMeta {
  metadata: ListMeta
  items: T[]
}

/** Which object, without saying which Kind: what a reconciler receives. */
export interface ObjectKey {
  /** Empty for cluster-scoped objects. */
  namespace: string
  name: string
}

export function keyOf(object: ApiObject): ObjectKey {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' }
}

/** `namespace/name`, or `name` for cluster-scoped objects: for logs and maps. */
export function keyText(key: ObjectKey): string {
  return key.namespace === '' ? key.name : `${key.namespace}/${key.name}`
}

export function isBeingDeleted(object: ApiObject): boolean {
  return object.metadata.deletionTimestamp !== undefined
}

/** From now on the object waits for whoever takes the finalizer away. Changes it. */
export function addFinalizer({ metadata }: ApiObject, finalizer: string): void {
  const { finalizers = [] } = metadata
  if (!finalizers.includes(finalizer)) metadata.finalizers = [...finalizers, finalizer]
}

/** The object as it waits for one the less. */
export function withoutFinalizer<T extends ApiObject>(object: T, finalizer: string): T {
  const finalizers = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer)
  return { ...object, metadata: { ...object.metadata, finalizers } }
}

export function controllerOf(object: ApiObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true)
}
