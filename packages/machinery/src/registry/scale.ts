// …/scale: the number of replicas of an object, read and written in the one form that all scalable Kinds share, so that
// `kubectl scale` and autoscalers need not know the Kind.

import {
  type ApiObject,
  badRequest,
  conflict,
  internalError,
  isJsonObject,
  type Json,
  type ManagedFieldsEntry,
  type ResourceDefinition,
  type ScalePaths,
} from '@sheaf/api/meta'
import { stepsOf, valueAt } from '../schema/scale-rules.ts'
import { applyFieldValidation, unknownFieldIssue } from './field-validation.ts'
import { ownersAfterWrite } from './field-owners.ts'
import { get } from './get.ts'
import { shapeObject, unusable } from './object-shape.ts'
import { applyPatch, type PatchType } from './patch.ts'
import type { DecodedBody, Encoded, Registry, Target, WriteCall } from './registry.ts'
import { encodeObject, objectOf } from './stored-object.ts'
import { checkIdentity } from './update.ts'
import { writeUpdate } from './write-update.ts'

export interface Scale extends ApiObject {
  spec: { replicas?: number }
  status: { replicas: number; selector?: string }
}

/** What a Scale is called, and how it is shown. It is no resource: nothing is stored under this name. */
export const scaleDefinition: ResourceDefinition<Scale> = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  listKind: 'ScaleList',
  plural: 'scales',
  singular: 'scale',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.autoscaling.v1.Scale',
  // A typed client may leave out what the path says, whatever the Kind that is scaled.
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [],
  selectableFields: {},
}

/** Throws NotFound, and 500 for an object that does not say how many replicas it wants. */
export async function getScale(registry: Registry, target: Target, atLeast = 0): Promise<Encoded> {
  return encodedScale(await get(registry, target, atLeast), pathsOf(target))
}

export function replaceScale(registry: Registry, call: WriteCall, body: DecodedBody): Promise<Encoded> {
  return writeScale(registry, call, { strictIssues: body.strictIssues, wanted: () => body.value })
}

export function patchScale(registry: Registry, call: WriteCall, type: PatchType, body: DecodedBody): Promise<Encoded> {
  // A Scale is JSON by construction.
  const wanted = (scale: Scale): Json => applyPatch(registry, undefined, type, scale as unknown as Json, body.value)
  return writeScale(registry, call, { strictIssues: body.strictIssues, wanted })
}

/** The path leads here only for a Kind that has a scale. */
export function pathsOf({ resource: { definition } }: Target): ScalePaths {
  if (definition.scale === undefined) throw new Error(`${definition.plural} have no scale`)
  return definition.scale
}

export interface ScaleChange {
  strictIssues: readonly string[]
  wanted(stored: Scale, object: ApiObject): Json
  /** Of the object's fields; by default whoever writes owns the number that changes. */
  ownersAfter?(): ManagedFieldsEntry[] | undefined
}

export async function writeScale(registry: Registry, call: WriteCall, change: ScaleChange): Promise<Encoded> {
  const paths = pathsOf(call)
  let unknownFields: string[] = []
  const written = await writeUpdate(registry, {
    ...call,
    subresource: 'scale',
    wanted(old) {
      const before = scaleOf(old, paths)
      const shaped = shapeObject(scaleDefinition, change.wanted(before, old))
      unknownFields = shaped.unknownFields
      const { object } = shaped
      checkIdentity(call, object)
      const { resourceVersion, uid } = object.metadata
      if (uid !== undefined && uid !== old.metadata.uid) throw otherUid(call, uid, old)
      const scaled = withNumber(old, paths.specReplicasPath, replicasOf(object, before, paths))
      const { resourceVersion: _stored, ...metadata } = old.metadata
      return { ...scaled, metadata: { ...metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) } }
    },
    ownersAfter: (live, _scale, next) =>
      change.ownersAfter === undefined
        ? ownersAfterWrite(registry, call, { subresource: 'scale', sentOwners: undefined, live, wanted: undefined, next })
        : change.ownersAfter(),
    // What the stored object holds is not the business of whoever scales it; what was sent is.
    onUnknownFields: () =>
      applyFieldValidation(call, [...change.strictIssues, ...unknownFields.map(unknownFieldIssue)], (why) =>
        unusable(scaleDefinition, why),
      ),
  })
  return encodedScale(written, paths)
}

function encodedScale(encoded: Encoded, paths: ScalePaths): Encoded {
  const scale = scaleOf(objectOf(encoded), paths)
  if (scale.spec.replicas === undefined) {
    throw internalError(new Error(`the spec replicas field "${paths.specReplicasPath}" does not exist`))
  }
  // None is what Kubernetes' own type leaves out.
  const spec = scale.spec.replicas === 0 ? {} : scale.spec
  return { text: encodeObject({ ...scale, spec })(Number(scale.metadata.resourceVersion ?? 0)) }
}

/** `spec.replicas` is absent where the object has none. */
function scaleOf(object: ApiObject, { specReplicasPath, statusReplicasPath, labelSelectorPath }: ScalePaths): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp }
  const replicas = valueAt(object, specReplicasPath)
  const observed = valueAt(object, statusReplicasPath)
  const selector = labelSelectorPath === undefined ? undefined : valueAt(object, labelSelectorPath)
  return {
    apiVersion: 'autoscaling/v1',
    kind: scaleDefinition.kind,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)),
    spec: typeof replicas === 'number' ? { replicas } : {},
    status: {
      replicas: typeof observed === 'number' ? observed : 0,
      ...(typeof selector === 'string' && selector !== '' ? { selector } : {}),
    },
  }
}

const greatestInt32 = 2 ** 31 - 1

/** Without a number it is zero, which typed clients leave out, unless there was none before either. */
function replicasOf({ spec }: ApiObject, before: Scale, { specReplicasPath }: ScalePaths): number {
  const sent = isJsonObject(spec) ? (spec.replicas ?? undefined) : spec
  if (spec === undefined || (sent === undefined && before.spec.replicas === undefined)) {
    throw badRequest(`the spec replicas field "${specReplicasPath}" cannot be empty`)
  }
  const replicas = sent ?? 0
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas > greatestInt32) {
    throw unusable(scaleDefinition, `spec.replicas must be a whole number of 32 bits, not ${JSON.stringify(replicas)}`)
  }
  // What else it may not be, the object's own rules say.
  return replicas
}

function otherUid({ resource }: WriteCall, uid: string, { metadata }: ApiObject): Error {
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ''}`
  return conflict(resource.definition, metadata.name ?? '', why)
}

/** A copy along the path; everything else is shared. */
function withNumber(object: ApiObject, path: string, number: number): ApiObject {
  const set = (value: Json | undefined, [step, ...rest]: string[]): Json => {
    if (step === undefined) return number
    const fields = isJsonObject(value) ? value : {}
    return { ...fields, [step]: set(fields[step], rest) }
  }
  return set(object as unknown as Json, stepsOf(path)) as unknown as ApiObject
}
