// Every change of an existing object goes through here: read, let the verb say what it wants, keep what only the
// server may change, admit, compare, append; and again from the start when somebody else was quicker.

import {
  type ApiObject,
  conflict,
  invalid,
  invalidError,
  isJsonObject,
  type ManagedFieldsEntry,
  modifiedMeanwhile,
  sameJson,
} from '@sheaf/api/meta'
import { type AdmissionSteps, admit } from '../admission/chain.ts'
import type { StoredEntry, WriteResult } from '../store/store.ts'
import { cloneJson } from './clone-json.ts'
import { setOwners } from './field-owners.ts'
import { missing } from './get.ts'
import { isHeld, isNamespaceResource, specFinalizersOf } from './namespace-rules.ts'
import { refuseOversize } from './object-size.ts'
import { type Encoded, type Prepared, type Registry, settled, type Subresource, storageKey, type WriteCall } from './registry.ts'
import { isInStoredForm, shown, storedForm } from './shown-form.ts'
import { encodeObject, objectOf } from './stored-object.ts'

/** Each failed attempt means that another write to the same object went through; so many in a row is an unfair fight. */
const maxAttempts = 64

export interface UpdateCall extends WriteCall {
  subresource: Subresource | undefined
  isPatch?: boolean
  /** What the caller wants, given what is stored: a private object. Preconditions are checked here; may throw. */
  wanted(old: ApiObject): ApiObject
  onUnknownFields: AdmissionSteps['onUnknownFields']
  /** Who owns what afterwards, given what is stored, what was wanted and what will be stored. */
  ownersAfter(old: ApiObject, wanted: ApiObject, next: ApiObject): ManagedFieldsEntry[] | undefined
}

/** The object as it is afterwards. Throws NotFound. */
export async function writeUpdate(registry: Registry, call: UpdateCall): Promise<Encoded> {
  const key = storageKey(call)
  let entry = registry.store.get(key)
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    if (entry === undefined) throw missing(call)
    const prepared = await prepare(registry, call, entry)
    if (prepared === 'unchanged') return shown(call.resource, entry)
    const { object: next } = prepared
    const result = await settled(prepared, writeNext(registry, call, entry, next))
    if (result === 'dryRun') return { text: encodeObject(next)(entry.revision) }
    if (result.kind === 'written') return shown(call.resource, result.entry)
    // As Kubernetes answers: the object that goes, at the revision that it had.
    if (result.kind === 'deleted') return { text: encodeObject(next)(entry.revision) }
    entry = result.current
  }
  throw conflict(call.resource.definition, call.name, modifiedMeanwhile)
}

async function writeNext(
  registry: Registry,
  call: UpdateCall,
  { key, revision, text: before }: StoredEntry,
  next: ApiObject,
): Promise<WriteResult | 'dryRun'> {
  const isLast = next.metadata.deletionTimestamp !== undefined && !isHeld(registry, call.resource, next)
  const text = encodeObject(storedForm(call.resource, next))
  refuseOversize(text(0), before)
  if (call.dryRun) return 'dryRun'
  return registry.store.write({ key, expect: revision, text: isLast ? null : text })
}

async function prepare(registry: Registry, call: UpdateCall, entry: StoredEntry): Promise<Prepared | 'unchanged'> {
  const { definition } = call.resource
  const old = objectOf(shown(call.resource, entry))
  const wanted = call.wanted(old)
  checkPreconditions(call, entry, old, wanted)
  const object = allowedPart(registry, call, wanted, old)
  const request = {
    operation: 'UPDATE' as const,
    subresource: call.subresource,
    user: call.user,
    namespace: call.namespace,
    name: call.name,
    object,
    oldObject: old,
    dryRun: call.dryRun,
    warn: call.warn,
  }
  await admit(call.resource, registry.schemas, request, {
    onUnknownFields: call.onUnknownFields,
    onShaped: () => setOwners(object, call.ownersAfter(old, wanted, object)),
  })
  // One that lies there in a version of before is written again all the same: that is how it gets into the new one.
  if (sameJson(comparable(object), comparable(old)) && isInStoredForm(call.resource, entry)) return 'unchanged'
  const isOfSpec = call.subresource === undefined || call.subresource === 'scale'
  const moves = isOfSpec && definition.countsGeneration && specChanged(definition.hasStatus, object, old)
  if (moves) object.metadata.generation = (old.metadata.generation ?? 0) + 1
  // What an object takes is said by its spec, whoever owns it and whatever it is labelled.
  const mayTakeMore = registry.charge !== undefined && isOfSpec && object.spec !== undefined && !sameJson(object.spec, old.spec)
  return { object, settle: mayTakeMore ? await registry.charge?.(definition, request) : undefined }
}

/** That somebody wrote the same again is no change, although its time would be another. */
function comparable({ metadata, ...fields }: ApiObject): object {
  const { resourceVersion: _ignored, managedFields, ...meta } = metadata
  const owners = managedFields?.map(({ time: _time, ...entry }) => entry)
  return { ...fields, metadata: { ...meta, managedFields: owners } }
}

function checkPreconditions(call: UpdateCall, entry: StoredEntry, old: ApiObject, wanted: ApiObject): void {
  const { definition } = call.resource
  const { resourceVersion, uid } = wanted.metadata
  if (uid !== undefined && uid !== old.metadata.uid) {
    if (call.isPatch === true) throw otherUid(call, uid)
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid ?? ''}`
    const where = `StorageError: invalid object, Code: 4, Key: ${keyInEtcd(call, entry)}, ResourceVersion: 0, AdditionalErrorMsg:`
    throw conflict(definition, call.name, `${where} ${why}`)
  }
  if (resourceVersion !== undefined && resourceVersion !== '0' && resourceVersion !== String(entry.revision)) {
    throw conflict(definition, call.name, modifiedMeanwhile)
  }
}

/** A patch that sets another uid is refused as a change of it. */
function otherUid({ resource, name }: UpdateCall, uid: string): Error {
  return invalidError(resource.definition, name, [invalid('metadata.uid', uid, 'field is immutable')])
}

/** Where the object would lie in Kubernetes' store: the message names it. */
function keyInEtcd({ resource: { definition } }: UpdateCall, { key }: StoredEntry): string {
  return definition.origin === 'native' ? `/registry/${key.split('/').slice(2).join('/')}` : `/registry${key}`
}

/** What was wanted where this path may change it, what is stored everywhere else. */
function allowedPart(registry: Registry, call: UpdateCall, wanted: ApiObject, old: ApiObject): ApiObject {
  const { resource, subresource } = call
  if (subresource === 'finalize') {
    const spec = { ...recordOf(old.spec), finalizers: specFinalizersOf(wanted) }
    return cloneJson({ ...old, spec })
  }
  if (subresource === 'scale') return cloneJson({ ...wanted, metadata: old.metadata })
  if (subresource === 'status') {
    // Built-in Kinds let labels and annotations through: nodes report both with their status.
    const metadata = resource.definition.origin === 'native' ? keptMeta(wanted, old) : old.metadata
    return cloneJson(withStatusOf({ ...old, metadata }, wanted))
  }
  const object = { ...wanted, metadata: keptMeta(wanted, old) }
  const split = resource.definition.hasStatus ? withStatusOf(object, old) : object
  if (!isNamespaceResource(registry, resource)) return cloneJson(split)
  const oldFinalizers = specFinalizersOf(old)
  const { finalizers: _ignored, ...spec } = recordOf(split.spec)
  return cloneJson({ ...split, spec: oldFinalizers.length === 0 ? spec : { ...spec, finalizers: oldFinalizers } })
}

function recordOf(value: unknown): Record<string, unknown> {
  return isJsonObject(value) ? value : {}
}

function withStatusOf(object: ApiObject, source: ApiObject): ApiObject {
  const { status: _ignored, ...rest } = object
  return source.status === undefined ? rest : { ...rest, status: source.status }
}

/** The metadata that was wanted, with the server's own fields as they are stored. */
function keptMeta({ metadata }: ApiObject, old: ApiObject): ApiObject['metadata'] {
  const { generateName, labels, annotations, ownerReferences, finalizers } = metadata
  const { generateName: _g, labels: _l, annotations: _a, ownerReferences: _o, finalizers: _f, ...own } = old.metadata
  return {
    ...own,
    ...(generateName === undefined ? {} : { generateName }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
    ...(finalizers === undefined ? {} : { finalizers }),
  }
}

function specChanged(hasStatus: boolean, object: ApiObject, old: ApiObject): boolean {
  return !sameJson(desired(hasStatus, object), desired(hasStatus, old))
}

function desired(hasStatus: boolean, object: ApiObject): object {
  const { metadata: _m, status, ...rest } = object
  return hasStatus ? rest : { ...rest, status }
}
