// A virtual machine as its controller sees it: with the template that its instance is made of, and what has to be kept first.

import {
  type ControllerRevision,
  conflictText,
  expandTemplate,
  type MatcherField,
  matcherFields,
  type VirtualMachine,
  type VirtualMachineInstanceTemplate,
} from '@sheaf/api'
import { admissionPolicyWith } from '../../admission-policy.ts'
import { saysTheSame } from '../changed-fields.ts'
import type { Trouble } from '../conditions.ts'
import { type Findings, lackIn, outfitOf } from './find-matched.ts'
import { matchedKind } from './matched-kinds.ts'
import { type RevisionRef, refFieldOf, refTo, revisionOf } from './revision.ts'

export type RevisionRefs = { [F in MatcherField as `${F}Ref`]?: RevisionRef }

export interface Dressed {
  /** With everything written out; undefined when that cannot be told. */
  template: VirtualMachineInstanceTemplate | undefined
  /** Why not. */
  trouble: Trouble | undefined
  /** To be made before the refs are written. */
  revisions: readonly ControllerRevision[]
  /** What the status does not say yet. */
  refs: RevisionRefs
}

/** No feature gate has a say in what a template becomes. */
const policy = admissionPolicyWith()

const lackReasons = { instancetype: 'FailedFindInstancetype', preference: 'FailedFindPreference' } as const

export function dress(vm: VirtualMachine, findings: Findings): Dressed {
  const nothingToKeep = { revisions: [], refs: {} }
  if (findings.instancetype === undefined && findings.preference === undefined) {
    return { template: vm.spec.template, trouble: undefined, ...nothingToKeep }
  }
  const lack = lackIn(findings)
  if (lack !== undefined) {
    return { template: undefined, trouble: { reason: lackReasons[lack.field], message: lack.why }, ...nothingToKeep }
  }
  const { template, conflicts } = expandTemplate(vm.spec.template, outfitOf(findings), policy)
  if (template === undefined) {
    const message = `${storing}: ${conflictText(conflicts.map(({ field }) => field))}`
    return { template: undefined, trouble: { reason: 'FailedCreate', message }, ...nothingToKeep }
  }
  return { template: withNames(template, vm), trouble: undefined, ...toKeep(vm, findings) }
}

/** The VM with the template that its instance is made of, as far as that is known. */
export function inFull(vm: VirtualMachine, { template }: Dressed): VirtualMachine {
  return template === undefined ? vm : { ...vm, spec: { ...vm.spec, template } }
}

/** KubeVirt's words for whatever goes wrong on the way from a name to a revision. */
export const storing = 'error encountered while storing instancetype.kubevirt.io controllerRevisions'

function toKeep(vm: VirtualMachine, findings: Findings): Pick<Dressed, 'revisions' | 'refs'> {
  const revisions: ControllerRevision[] = []
  const refs: RevisionRefs = {}
  for (const field of matcherFields) {
    const [matcher, finding] = [vm.spec[field], findings[field]]
    if (matcher === undefined || finding === undefined || finding.kind === 'missing') continue
    const revision = finding.kind === 'named' ? revisionOf(vm, finding.object, finding.from) : undefined
    const revisionName = finding.kind === 'named' ? (revision?.metadata.name ?? '') : finding.revisionName
    if (revision !== undefined) revisions.push(revision)
    const ref = refTo(field, matcher, revisionName)
    if (!saysTheSame(ref, vm.status?.[refFieldOf(field)])) refs[refFieldOf(field)] = ref
  }
  return { revisions, refs }
}

/** The instance tells what it was made with. */
function withNames(template: VirtualMachineInstanceTemplate, vm: VirtualMachine): VirtualMachineInstanceTemplate {
  const annotations = { ...template.metadata?.annotations }
  for (const field of matcherFields) {
    const matcher = vm.spec[field]
    const annotation = matcher && matchedKind(field, matcher)?.annotation
    if (annotation !== undefined) annotations[annotation] = matcher?.name ?? ''
  }
  return { ...template, metadata: { ...template.metadata, annotations } }
}
