// KubeVirt's rules for how a virtual machine names its instance type and its preference.

import type { VirtualMachine, VirtualMachineSpec } from '../../kubevirt.io/v1/virtual-machine.ts'
import { invalid, notFound, notSupported, when } from '../../kubevirt.io/v1/validation/rule.ts'
import type { FieldError } from '../../meta/index.ts'

export const matcherFields = ['instancetype', 'preference'] as const
export type MatcherField = (typeof matcherFields)[number]
export type Matcher = NonNullable<VirtualMachineSpec[MatcherField]>

const failurePolicies: readonly string[] = ['Reject', 'Ignore']
const typeNames = { instancetype: 'InstancetypeMatcher', preference: 'PreferenceMatcher' }

/** `old` is what is stored, on update. The first thing that is wrong hides the rest, as in KubeVirt. */
export function validateMatchers({ spec }: VirtualMachine, old?: VirtualMachine): FieldError[] {
  const checks = [
    ...matcherFields.map((field) => () => validateChange(field, spec[field], old?.spec[field])),
    ...matcherFields.map((field) => () => validateMatcher(field, spec[field])),
  ]
  for (const check of checks) {
    const errors = check()
    if (errors.length > 0) return errors
  }
  return []
}

/** A revision belongs to the object that it was made of. */
function validateChange(field: MatcherField, matcher: Matcher | undefined, old: Matcher | undefined): FieldError[] {
  const isStale =
    matcher?.revisionName && old !== undefined && matcher.name !== old.name && matcher.revisionName === old.revisionName
  return when(Boolean(isStale), () =>
    invalid(`spec.${field}.revisionName`, 'the Matcher Name has been updated without updating the RevisionName'),
  )
}

function validateMatcher(field: MatcherField, matcher: Matcher | undefined): FieldError[] {
  if (!matcher) return []
  const { name, kind, inferFromVolume, inferFromVolumeFailurePolicy: policy } = matcher
  const tooMuch = (part: string) => `${part} already set, should be cleared before setting inferFromVolume`
  return [
    ...when(!name && !inferFromVolume, () =>
      notFound(`spec.${field}`, `Either Name or InferFromVolume should be provided within the ${typeNames[field]}`),
    ),
    ...when(Boolean(inferFromVolume && name), () => notSupported(`spec.${field}.name`, tooMuch('Name'))),
    ...when(Boolean(inferFromVolume && kind), () => notSupported(`spec.${field}.kind`, tooMuch('Kind'))),
    ...when(policy !== undefined && !failurePolicies.includes(policy), () =>
      invalid(`spec.${field}.inferFromVolumeFailurePolicy`, `Invalid value '${policy}' for InferFromVolumeFailurePolicy`),
    ),
  ]
}
