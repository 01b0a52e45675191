// DELETE: the object goes at once, or is marked and stays until its finalizers are gone.

import { type ApiObject, conflict, isJsonObject, modifiedMeanwhile, type Status, timestamp, sameJson } from '@sheaf/api/meta'
import type { StoredEntry } from '../store/store.ts'
import { missing } from './get.ts'
import { isHeld, isNamespaceResource, refuseProtected } from './namespace-rules.ts'
import { type Encoded, type Registry, storageKey, type WriteCall } from './registry.ts'
import { shown, storedForm } from './shown-form.ts'
import { encodeObject, objectOf } from './stored-object.ts'

export interface DeleteOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  preconditions: { uid?: string; resourceVersion?: string }
}

export type DeleteResult =
  /** The last state, with the revision of the deletion. */
  | { kind: 'gone'; encoded: Encoded }
  /** Marked: somebody has to finish it. */
  | { kind: 'held'; encoded: Encoded }

/** As for updates: each failed attempt means that another write went through. */
const maxAttempts = 64

/** Throws NotFound. */
export async function deleteObject(registry: Registry, call: WriteCall, options: DeleteOptions): Promise<DeleteResult> {
  const key = storageKey(call)
  let entry = registry.store.get(key)
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    if (entry === undefined) throw missing(call)
    const old = objectOf(shown(call.resource, entry))
    await allow(registry, call, options, old)
    const next = marked(registry, call, options, old)
    const isGoing = !isHeld(registry, call.resource, next)
    if (!isGoing && sameJson(next, old)) return { kind: 'held', encoded: shown(call.resource, entry) }
    const text = encodeObject(storedForm(call.resource, next))
    if (call.dryRun)
      return { kind: isGoing ? 'gone' : 'held', encoded: { text: encodeObject(isGoing ? old : next)(entry.revision) } }
    const result = await registry.store.write({ key, expect: entry.revision, text: isGoing ? null : text })
    if (result.kind === 'written') return { kind: 'held', encoded: shown(call.resource, result.entry) }
    if (result.kind === 'deleted') {
      return { kind: 'gone', encoded: shown(call.resource, lastState(result.before, result.revision)) }
    }
    entry = result.current
  }
  throw conflict(call.resource.definition, call.name, modifiedMeanwhile)
}

/** What a deletion answers when nothing of the object is left. */
export function deletionStatus({ resource }: WriteCall, { encoded }: DeleteResult): Status {
  const { group, plural } = resource.definition
  const { name, uid } = objectOf(encoded).metadata
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      ...(name === undefined ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: plural,
      ...(uid === undefined ? {} : { uid }),
    },
  }
}

/** The object as it was, at the revision that took it away. */
export function lastState(before: StoredEntry, revision: number): Encoded {
  return { text: encodeObject(objectOf(before))(revision) }
}

async function allow(registry: Registry, call: WriteCall, { preconditions }: DeleteOptions, old: ApiObject): Promise<void> {
  const { definition, admission } = call.resource
  const { uid, resourceVersion } = preconditions
  // Kubernetes names the Kind here, not the resource.
  const named = { ...definition, plural: definition.kind }
  if (uid !== undefined && uid !== old.metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${old.metadata.uid ?? ''}). The object might have been deleted and then recreated`
    throw conflict(named, call.name, why)
  }
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${old.metadata.resourceVersion ?? ''}). The object might have been modified`
    throw conflict(named, call.name, why)
  }
  refuseProtected(registry, call)
  await admission.validate?.({
    operation: 'DELETE',
    subresource: undefined,
    user: call.user,
    namespace: call.namespace,
    name: call.name,
    object: old,
    oldObject: old,
    dryRun: call.dryRun,
    warn: call.warn,
  })
}

const collectorFinalizers: readonly string[] = ['orphan', 'foregroundDeletion']

/** The object as it waits for its end. */
function marked(registry: Registry, { resource }: WriteCall, options: DeleteOptions, old: ApiObject): ApiObject {
  const { finalizers: _ignored, ...meta } = old.metadata
  const isFirst = meta.deletionTimestamp === undefined
  const own = isFirst ? (resource.definition.finalizersAtDeletion ?? []) : []
  const held = [...new Set([...(old.metadata.finalizers ?? []), ...own])]
  const finalizers = finalizersFor(options.propagationPolicy, held)
  const next: ApiObject = {
    ...old,
    metadata: {
      ...meta,
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ...(isFirst ? { deletionTimestamp: timestamp(registry.clock), deletionGracePeriodSeconds: 0 } : {}),
      ...(isFirst && meta.generation !== undefined ? { generation: meta.generation + 1 } : {}),
    },
  }
  if (!isNamespaceResource(registry, resource)) return next
  return { ...next, status: { ...(isJsonObject(old.status) ? old.status : {}), phase: 'Terminating' } }
}

/** A policy decides which of the garbage collector's finalizers there are; without one they stay as they are. */
function finalizersFor(policy: DeleteOptions['propagationPolicy'], finalizers: string[]): string[] {
  if (policy === undefined) return finalizers
  const wanted = policy === 'Orphan' ? 'orphan' : policy === 'Foreground' ? 'foregroundDeletion' : undefined
  const kept = finalizers.filter((finalizer) => !collectorFinalizers.includes(finalizer) || finalizer === wanted)
  return wanted === undefined || kept.includes(wanted) ? kept : [...kept, wanted]
}
