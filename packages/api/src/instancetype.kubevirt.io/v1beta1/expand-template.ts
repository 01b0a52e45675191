// A virtual machine's template with everything written out that its instance type and its preference stand for: what an
// instance is made of, what admission looks at, and what expand-spec tells. Pure: a copy comes back.

import { type AdmissionPolicy, defaultAdmissionPolicy } from '../../kubevirt.io/v1/admission-policy.ts'
import {
  attachEveryVolume,
  attachPodNetwork,
  defaultVirtualMachineInstanceSpec,
} from '../../kubevirt.io/v1/default-virtual-machine-instance.ts'
import type { VirtualMachine, VirtualMachineInstanceTemplate } from '../../kubevirt.io/v1/virtual-machine.ts'
import type { Devices } from '../../kubevirt.io/v1/virtual-machine-instance-spec.ts'
import type { FieldError } from '../../meta/index.ts'
import { applyAttachmentPreferences } from './apply-device-preferences.ts'
import { applyInstancetype } from './apply-instancetype.ts'
import { applyPreference } from './apply-preference.ts'
import type { InstancetypeSpec } from './virtual-machine-instancetype.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

/** What a virtual machine refers to, found. */
export interface Outfit {
  instancetype?: InstancetypeSpec
  preference?: PreferenceSpec
}

export type ExpandedTemplate =
  | { template: VirtualMachineInstanceTemplate; conflicts?: undefined }
  /** The template says what only the instance type may say. */
  | { template?: undefined; conflicts: FieldError[] }

export function expandTemplate(
  given: VirtualMachineInstanceTemplate,
  outfit: Outfit,
  policy: AdmissionPolicy = defaultAdmissionPolicy,
): ExpandedTemplate {
  const { instancetype, preference } = structuredClone(outfit)
  const template = structuredClone(given)
  const { spec } = template
  // What is attached unasked has its preferences too.
  if (preference !== undefined) applyAttachmentPreferences(preference, spec)
  attachInput(spec.domain.devices)
  attachEveryVolume(spec)
  attachPodNetwork(spec, policy.defaultBinding)
  const draft = { spec, annotations: template.metadata?.annotations ?? {} }
  const path = 'spec.template.spec'
  const conflicts = instancetype === undefined ? [] : applyInstancetype(path, instancetype, preference, draft)
  if (conflicts.length > 0) return { conflicts }
  if (preference !== undefined) applyPreference(preference, draft)
  const hasAnnotations = Object.keys(draft.annotations).length > 0
  if (hasAnnotations) template.metadata = { ...template.metadata, annotations: draft.annotations }
  return { template }
}

/** KubeVirt's name for the input device that nobody described. */
function attachInput(devices: Devices): void {
  if (devices.autoattachInputDevice !== true || devices.inputs?.length) return
  // Its bus and type may be preferred; else they are the instance's defaults.
  devices.inputs = [{ name: 'default-0' } as NonNullable<Devices['inputs']>[number]]
}

export type ExpandedMachine =
  | { machine: VirtualMachine; conflicts?: undefined }
  | { machine?: undefined; conflicts: FieldError[] }

/** The virtual machine as it would have been written without the two, with its defaults. */
export function expandVirtualMachine(
  given: VirtualMachine,
  outfit: Outfit,
  policy: AdmissionPolicy = defaultAdmissionPolicy,
): ExpandedMachine {
  const { template, conflicts } = expandTemplate(given.spec.template, outfit, policy)
  if (template === undefined) return { conflicts }
  const { instancetype: _, preference: __, ...spec } = given.spec
  const { instancetypeRef: ___, preferenceRef: ____, ...status } = given.status ?? {}
  const defaulted = { ...template, spec: defaultVirtualMachineInstanceSpec(template.spec, policy) }
  return {
    machine: { ...given, spec: { ...spec, template: defaulted }, ...(given.status === undefined ? {} : { status }) },
  }
}
