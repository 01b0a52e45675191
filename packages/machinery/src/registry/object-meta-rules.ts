// The rules that metadata obeys whatever the Kind, with Kubernetes' texts. Pure.

import {
  type ApiObject,
  type FieldError,
  forbidden,
  goQuoted,
  invalid,
  labelValueFinding,
  type ObjectMeta,
  type OwnerReference,
  qualifiedNameFindings,
  type ResourceDefinition,
  required,
  tooLong,
} from '@sheaf/api/meta'
import { nameFinding } from './name-rules.ts'

/** Keys and values of all annotations together: they travel with every list and watch event. */
const maxAnnotationBytes = 256 * 1024

const standardFinalizers: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

export function checkObjectMeta(definition: ResourceDefinition, object: ApiObject, old: ApiObject | undefined): FieldError[] {
  const { metadata } = object
  const { labels, annotations, ownerReferences, finalizers } = metadata
  const errors = [...checkName(definition, metadata), ...checkNamespace(definition, metadata)]
  if (labels !== undefined) errors.push(...checkLabels(labels))
  if (annotations !== undefined) errors.push(...checkAnnotations(annotations))
  if (ownerReferences !== undefined) errors.push(...checkOwners(ownerReferences))
  if (finalizers !== undefined) {
    errors.push(...checkFinalizers(definition, finalizers), ...checkNoNewFinalizers(finalizers, old?.metadata))
  }
  return errors
}

function refused(field: string, value: string, finding: string | undefined): FieldError[] {
  return finding === undefined ? [] : [invalid(field, value, finding)]
}

function checkName(definition: ResourceDefinition, { name = '', generateName }: ObjectMeta): FieldError[] {
  // A name is drawn after it, so that it may end with what a name may not end with.
  const base = generateName?.replace(/.-$/, 'a')
  const wrongBase = base === undefined ? undefined : nameFinding(definition.nameRule, base)
  return [...refused('metadata.generateName', generateName ?? '', wrongBase), ...checkOwnName(definition, name)]
}

function checkOwnName(definition: ResourceDefinition, name: string): FieldError[] {
  if (name === '') return [required('metadata.name', 'name or generateName is required')]
  return refused('metadata.name', name, nameFinding(definition.nameRule, name))
}

function checkNamespace(definition: ResourceDefinition, { namespace }: ObjectMeta): FieldError[] {
  if (definition.scope === 'Namespaced') {
    if (!namespace) return [required('metadata.namespace')]
    return refused('metadata.namespace', namespace, nameFinding('label', namespace))
  }
  return namespace ? [forbidden('metadata.namespace', 'not allowed on this type')] : []
}

function checkLabels(labels: Record<string, string>): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameFindings(key).map((finding) => invalid('metadata.labels', key, finding)),
    ...refused('metadata.labels', value, labelValueFinding(value)),
  ])
}

function checkAnnotations(annotations: Record<string, string>): FieldError[] {
  const entries = Object.entries(annotations)
  const errors = entries.flatMap(([key]) =>
    qualifiedNameFindings(key.toLowerCase()).map((finding) => invalid('metadata.annotations', key, finding)),
  )
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
  if (bytes > maxAnnotationBytes) errors.push(tooLong('metadata.annotations', `may not be more than ${maxAnnotationBytes} bytes`))
  return errors
}

function checkOwners(owners: readonly OwnerReference[]): FieldError[] {
  const errors = owners.flatMap((owner) => {
    const path = 'metadata.ownerReferences'
    const missing = (['kind', 'name', 'uid'] as const).filter((field) => owner[field] === '')
    return [
      ...(owner.apiVersion === '' ? [invalid(`${path}.apiVersion`, '', 'version must not be empty')] : []),
      ...(isEvent(owner) ? [disallowedOwner(owner)] : []),
      ...missing.map((field) => invalid(`${path}.${field}`, '', `${field} must not be empty`)),
    ]
  })
  const [first, second] = owners.filter((owner) => owner.controller === true)
  if (first !== undefined && second !== undefined) {
    const text = `Only one reference can have Controller set to true. Found "true" in references for ${first.name} and ${second.name}`
    errors.push(invalid('metadata.ownerReferences', owners, text))
  }
  return errors
}

/** Events come and go by themselves. */
const isEvent = ({ apiVersion, kind }: OwnerReference): boolean => apiVersion === 'v1' && kind === 'Event'

function disallowedOwner({ name, uid }: OwnerReference): FieldError {
  const flags = 'Controller:(*bool)(nil), BlockOwnerDeletion:(*bool)(nil)'
  const shown = `v1.OwnerReference{APIVersion:"v1", Kind:"Event", Name:${goQuoted(name)}, UID:${goQuoted(uid)}, ${flags}}`
  const message = `Invalid value: ${shown}: /v1, Kind=Event is disallowed from being an owner`
  return { type: 'FieldValueInvalid', field: 'metadata.ownerReferences', message }
}

function checkFinalizers(definition: ResourceDefinition, finalizers: readonly string[]): FieldError[] {
  const errors = finalizers.flatMap((finalizer) =>
    qualifiedNameFindings(finalizer).map((finding) => invalid('metadata.finalizers', finalizer, finding)),
  )
  if (definition.origin === 'custom') return errors
  const why = 'name is neither a standard finalizer name nor is it fully qualified'
  const bare = finalizers.flatMap((finalizer, index) =>
    isQualified(definition, finalizer) ? [] : [invalid(`metadata.finalizers[${index}]`, finalizer, why)],
  )
  return [...errors, ...bare]
}

const isQualified = ({ finalizersAtDeletion = [] }: ResourceDefinition, finalizer: string): boolean =>
  finalizer.includes('/') || standardFinalizers.has(finalizer) || finalizersAtDeletion.includes(finalizer)

function checkNoNewFinalizers(finalizers: readonly string[], old: ObjectMeta | undefined): FieldError[] {
  if (old?.deletionTimestamp === undefined) return []
  const known = new Set(old.finalizers)
  const added = finalizers.filter((finalizer) => !known.has(finalizer))
  if (added.length === 0) return []
  const shown = added.map((finalizer) => JSON.stringify(finalizer)).join(', ')
  const why = 'no new finalizers can be added if the object is being deleted, found new finalizers'
  return [forbidden('metadata.finalizers', `${why} []string{${shown}}`)]
}

/** What is allowed but unwise. */
export function objectMetaWarnings(definition: ResourceDefinition, { finalizers = [] }: ObjectMeta): string[] {
  return finalizers
    .filter((finalizer) => !isQualified(definition, finalizer))
    .map(
      (finalizer) =>
        `metadata.finalizers: "${finalizer}": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    )
}

/** Drops owners that are named twice, in place, and tells which. */
export function dropDuplicateOwners(metadata: ObjectMeta): string[] {
  const { ownerReferences = [] } = metadata
  if (ownerReferences.length < 2) return []
  const seen = new Set<string>()
  const duplicates = new Set<string>()
  const kept = ownerReferences.filter((owner) => {
    const identity = JSON.stringify([
      owner.apiVersion,
      owner.kind,
      owner.name,
      owner.uid,
      owner.controller,
      owner.blockOwnerDeletion,
    ])
    if (seen.has(identity)) duplicates.add(owner.uid)
    return !seen.has(identity) && seen.add(identity)
  })
  if (duplicates.size === 0) return []
  metadata.ownerReferences = kept
  return [
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...duplicates].join(', ')}`,
  ]
}
