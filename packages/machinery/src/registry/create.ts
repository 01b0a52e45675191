// POST: a new object under a new key.

import {
  type ApiObject,
  alreadyExists,
  badRequest,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type StatusDetails,
  StatusError,
  timestamp,
} from '@sheaf/api/meta'
import { admit } from '../admission/chain.ts'
import type { StoredEntry } from '../store/store.ts'
import { cloneJson } from './clone-json.ts'
import { ownersAfterWrite, setOwners } from './field-owners.ts'
import { applyFieldValidation, unknownFieldIssue } from './field-validation.ts'
import { generateName } from './generate-name.ts'
import { requireNamespace } from './namespace-rules.ts'
import { shapeObject, unusable } from './object-shape.ts'
import { refuseOversize } from './object-size.ts'
import { type DecodedBody, type Encoded, type Prepared, type Registry, settled, storageKey, type WriteCall } from './registry.ts'
import { shown, storedForm } from './shown-form.ts'
import { encodeObject, objectOf } from './stored-object.ts'

/** 27⁵ names: eight collisions in a row mean that somebody filled the name space. */
const maxNameAttempts = 8

/** Given the object as it will be stored. Undefined: no owners are recorded. */
type OwnersOfNew = (object: ApiObject) => ManagedFieldsEntry[] | undefined

/** `call.name` is empty: the name comes from the body. */
export async function create(registry: Registry, call: WriteCall, body: DecodedBody, ownersOf?: OwnersOfNew): Promise<Encoded> {
  const { definition } = call.resource
  const { object: sent, unknownFields } = shapeObject(definition, body.value)
  const name = sent.metadata.name ?? ''
  if (name === '' && definition.namePrefix !== undefined) sent.metadata.generateName ??= definition.namePrefix
  placeInNamespace(call, sent)
  requireNamespace(registry, { ...call, name })
  if (sent.metadata.resourceVersion !== undefined) {
    throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created')
  }
  const strictIssues = [...body.strictIssues, ...unknownFields.map(unknownFieldIssue)]
  const owners: OwnersOfNew =
    ownersOf ??
    ((next) => {
      const sentOwners = sent.metadata.managedFields
      return ownersAfterWrite(registry, call, { subresource: undefined, sentOwners, live: undefined, wanted: undefined, next })
    })
  const isGenerated = name === '' && sent.metadata.generateName !== undefined
  for (let attempt = 1; ; attempt++) {
    const prepared = await prepare(registry, call, { sent, strictIssues, owners })
    const { object } = prepared
    const taken = await settled(prepared, tryStore(registry, call, object))
    if (taken.kind === 'stored') return taken.encoded
    if (!isGenerated) throw existsError(call, object, taken.by)
    if (attempt === maxNameAttempts) throw noUniqueName(call, object)
  }
}

function placeInNamespace({ namespace, resource }: WriteCall, { metadata }: ApiObject): void {
  // At cluster scope a namespace is a wrong field, which the rules of metadata tell.
  if (resource.definition.scope === 'Cluster') return
  if (metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  metadata.namespace = namespace
}

interface Sent {
  sent: ApiObject
  strictIssues: string[]
  owners: OwnersOfNew
}

/** The object as it would be stored, in a copy of its own: another attempt begins from what was sent. */
async function prepare(registry: Registry, call: WriteCall, { sent, strictIssues, owners }: Sent): Promise<Prepared> {
  const { definition } = call.resource
  const { status: _ignored, ...withoutStatus } = sent
  const object: ApiObject = cloneJson(definition.hasStatus ? withoutStatus : sent)
  object.metadata = newMeta(registry, call, object.metadata)
  const request = {
    operation: 'CREATE' as const,
    subresource: undefined,
    user: call.user,
    namespace: call.namespace,
    name: object.metadata.name ?? '',
    object,
    oldObject: undefined,
    dryRun: call.dryRun,
    warn: call.warn,
  }
  await admit(call.resource, registry.schemas, request, {
    onUnknownFields: (paths) =>
      applyFieldValidation(call, [...strictIssues, ...paths.map(unknownFieldIssue)], (why) => unusable(definition, why)),
    onShaped: () => setOwners(object, owners(object)),
  })
  const settle = registry.charge === undefined ? undefined : await registry.charge(definition, request)
  return { object, settle }
}

/** The fields that the server gives, and of the others those that a sender may set. */
function newMeta(registry: Registry, { resource }: WriteCall, sent: ObjectMeta): ObjectMeta {
  const { name, generateName: base, namespace, labels, annotations, ownerReferences, finalizers } = sent
  const ownName = name ?? (base === undefined ? undefined : generateName(registry.random, base))
  return {
    ...(ownName === undefined ? {} : { name: ownName }),
    ...(base === undefined ? {} : { generateName: base }),
    ...(namespace === undefined ? {} : { namespace }),
    uid: registry.random.uuid(),
    ...(resource.definition.countsGeneration ? { generation: 1 } : {}),
    creationTimestamp: timestamp(registry.clock),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
    ...(finalizers === undefined ? {} : { finalizers }),
  }
}

type Attempt = { kind: 'stored'; encoded: Encoded } | { kind: 'taken'; by: StoredEntry | undefined }

async function tryStore({ store }: Registry, call: WriteCall, object: ApiObject): Promise<Attempt> {
  const key = storageKey({ ...call, name: object.metadata.name ?? '' })
  const text = encodeObject(storedForm(call.resource, object))
  refuseOversize(text(0))
  if (call.dryRun) {
    const by = store.get(key)
    return by === undefined ? { kind: 'stored', encoded: { text: encodeObject(object)(0) } } : { kind: 'taken', by }
  }
  const result = await store.write({ key, expect: 0, text })
  if (result.kind === 'written') return { kind: 'stored', encoded: shown(call.resource, result.entry) }
  return { kind: 'taken', by: result.kind === 'conflict' ? result.current : undefined }
}

function existsError({ resource }: WriteCall, { metadata }: ApiObject, by: StoredEntry | undefined): StatusError {
  const error = alreadyExists(resource.definition, metadata.name ?? '')
  const isGoing = by !== undefined && objectOf(by).metadata.deletionTimestamp !== undefined
  return isGoing ? new StatusError(error.code, error.reason, `object is being deleted: ${error.message}`, error.details) : error
}

function noUniqueName({ resource }: WriteCall, { metadata }: ApiObject): StatusError {
  const { code, reason, message, details } = alreadyExists(resource.definition, metadata.name ?? '')
  const more: StatusDetails = { ...details, retryAfterSeconds: 1 }
  return new StatusError(code, reason, `${message}, the server was not able to generate a unique name for the object`, more)
}
