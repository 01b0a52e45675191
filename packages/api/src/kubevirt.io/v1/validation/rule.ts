// The form of KubeVirt's rules. Their messages are whole sentences that name the field themselves, so that nothing like
// `Invalid value:` stands before them.

import type { FieldError } from '../../../meta/index.ts'
import type { AdmissionPolicy } from '../admission-policy.ts'
import type { VirtualMachineInstanceSpec } from '../virtual-machine-instance-spec.ts'

/** `path` is where the spec stands: `spec`, or `spec.template.spec`. */
export type SpecRule = (path: string, spec: VirtualMachineInstanceSpec, policy: AdmissionPolicy) => FieldError[]

const finding =
  (type: FieldError['type']) =>
  (field: string, message: string): FieldError => ({ type, field, message })

export const invalid = finding('FieldValueInvalid')
export const required = finding('FieldValueRequired')
export const notSupported = finding('FieldValueNotSupported')
export const duplicate = finding('FieldValueDuplicate')
export const notFound = finding('FieldValueNotFound')
export const forbidden = finding('FieldValueForbidden')

/** The finding, when there is reason for it. */
export function when(wrong: boolean, error: () => FieldError): FieldError[] {
  return wrong ? [error()] : []
}

export function hasGate(policy: AdmissionPolicy, gate: string): boolean {
  return policy.featureGates.includes(gate)
}

export function countSet(...values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined && value !== null).length
}
