// The ControllerRevisions in which a virtual machine keeps its instance type and its preference as they were when it first
// used them: whoever changes those later changes no machine that there is. Names, labels and contents are KubeVirt's.

import type { ControllerRevision, Matcher, MatcherField, VirtualMachine, VirtualMachineStatus } from '@sheaf/api'
import { isJsonObject, type Json, type ObjectMeta } from '@sheaf/api/meta'
import { saysTheSame } from '../changed-fields.ts'
import { controllerReference } from '../instance-from-template.ts'
import { isMatchedKind, type MatchedKind, type MatchedObject, matchedKind } from './matched-kinds.ts'

export type RevisionRef = NonNullable<VirtualMachineStatus['instancetypeRef']>
type RefField = `${MatcherField}Ref`

export const refFieldOf = (field: MatcherField): RefField => `${field}Ref`

/** The revision that stands for the matcher: the one that it names, or the one that was kept for the same object. */
export function revisionNameFor(field: MatcherField, vm: VirtualMachine): string | undefined {
  const matcher = vm.spec[field]
  if (matcher?.revisionName) return matcher.revisionName
  const ref = vm.status?.[refFieldOf(field)]
  if (matcher === undefined || !ref || ref.name !== matcher.name) return undefined
  const isSameKind = matchedKind(field, matcher)?.kind === matchedKind(field, ref)?.kind
  return isSameKind ? ref.controllerRevisionRef?.name || undefined : undefined
}

export function refTo(field: MatcherField, matcher: Matcher, revisionName: string): RevisionRef {
  const kind = matchedKind(field, matcher)?.kind ?? matcher.kind ?? ''
  return { name: matcher.name ?? '', kind, controllerRevisionRef: { name: revisionName } }
}

export function revisionOf(vm: VirtualMachine, object: MatchedObject, { kind, version, group }: MatchedKind): ControllerRevision {
  const {
    labels: _,
    annotations: __,
    finalizers: ___,
    ownerReferences: ____,
    managedFields: _____,
    ...metadata
  } = object.metadata
  const { name = '', uid = '', generation = 0 } = metadata
  const label = (name: string) => `${group}/object-${name}`
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${vm.metadata.name}-${name}-${version}-${uid}-${generation}`,
      namespace: vm.metadata.namespace ?? '',
      ownerReferences: [controllerReference(vm)],
      labels: {
        [label('generation')]: String(generation),
        [label('kind')]: kind,
        [label('name')]: name,
        [label('uid')]: uid,
        [label('version')]: version,
      },
    },
    data: { apiVersion: `${group}/${version}`, kind, metadata: asJson(metadata), spec: asJson(object.spec) },
    revision: 0,
  }
}

/** Undefined when the revision holds something else. */
export function objectIn<F extends MatcherField>(field: F, { data }: ControllerRevision): MatchedObject<F> | undefined {
  if (!isJsonObject(data) || !isMatchedKind(field, data['kind']) || !isJsonObject(data['spec'])) return undefined
  return data as unknown as MatchedObject<F>
}

export function holdSameSpec(one: ControllerRevision, other: ControllerRevision): boolean {
  const specIn = ({ data }: ControllerRevision): unknown => (isJsonObject(data) ? data['spec'] : undefined)
  return saysTheSame(specIn(one), specIn(other))
}

/** What came over the wire as JSON is JSON. */
const asJson = (value: ObjectMeta | MatchedObject['spec']): Json => value as unknown as Json
