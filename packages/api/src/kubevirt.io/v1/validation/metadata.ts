import type { FieldError, ObjectMeta } from '../../../meta/index.ts'
import type { AdmissionPolicy } from '../admission-policy.ts'
import { hasGate, invalid, notSupported, when } from './rule.ts'

/** Labels by which controllers know their own. */
const reserved = ['created-by', 'migrationJobUID', 'nodeName', 'migrationTargetNodeName', 'schedulable', 'install-strategy']

/** What an annotation asks for beside the spec, the gate that guards it, and what the refusal calls it. */
const guarded = [
  { annotation: 'kubevirt.io/ignitiondata', gate: 'ExperimentalIgnitionSupport', words: 'ExperimentalIgnitionSupport' },
  { annotation: 'hooks.kubevirt.io/hookSidecars', gate: 'Sidecar', words: 'sidecar' },
]

/** `path` is where an instance's metadata stands: `metadata`, or `spec.template.metadata`. */
export function validateMetadata(
  path: string,
  metadata: Pick<ObjectMeta, 'annotations' | 'labels'>,
  policy: AdmissionPolicy,
): FieldError[] {
  const isReserved = reserved.some((name) => metadata.labels?.[`kubevirt.io/${name}`] !== undefined)
  return [
    ...when(isReserved && !policy.writerIsController, () =>
      notSupported(`${path}.labels`, 'creation of the following reserved kubevirt.io/ labels on a VMI object is prohibited'),
    ),
    ...guarded.flatMap(({ annotation, gate, words }) =>
      when(Boolean(metadata.annotations?.[annotation]) && !hasGate(policy, gate), () =>
        invalid(
          `${path}.annotations`,
          `${words} feature gate is not enabled in kubevirt-config, invalid entry ${path}.annotations.${annotation}`,
        ),
      ),
    ),
  ]
}
