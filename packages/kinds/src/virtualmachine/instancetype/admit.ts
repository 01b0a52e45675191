// What admission makes of a virtual machine's instance type and preference: names before anything else is filled in, and
// the machine as it would run, or why it would not.

import { isDeepStrictEqual } from 'node:util'
import {
  type AdmissionPolicy,
  checkRequirements,
  defaultVirtualMachineInstanceSpec,
  expandTemplate,
  matcherFields,
  type PreferenceSpec,
  type VirtualMachine,
  validateMatchers,
  validateSpread,
} from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import type { FieldError } from '@sheaf/api/meta'
import { webhookDenial } from '../../webhook-denial.ts'
import { type Findings, findMatched, type Lack, lackIn, outfitOf } from './find-matched.ts'
import { inferMatchers } from './infer-matcher.ts'

/** Writes into the virtual machine: matchers get names, and what must be known before the start is taken from the preference. */
export async function settleMatchers(vm: VirtualMachine, old: VirtualMachine | undefined, client: Client): Promise<void> {
  if (!namesAny(vm)) return
  const errors = validateMatchers(vm, old)
  if (errors.length > 0) throw webhookDenial('virtualmachines-mutator.kubevirt.io', errors)
  await inferMatchers(vm, client)
  const { preference } = outfitOf(await findMatched(vm, client))
  if (preference !== undefined) preferEarly(preference, vm, { isNew: old === undefined })
}

/** The template's identity is settled at creation, and its disks before there is an instance: too early for an instance's preferences. */
function preferEarly(preference: PreferenceSpec, { spec }: VirtualMachine, { isNew }: { isNew: boolean }): void {
  const template = spec.template.spec
  if (isNew && preference.preferredArchitecture) template.architecture ||= preference.preferredArchitecture
  const machineType = preference.machine?.preferredMachineType
  const { machine } = template.domain
  if (isNew && machineType && !machine?.type) template.domain.machine = { ...machine, type: machineType }
  const storageClass = preference.volumes?.preferredStorageClassName
  if (!storageClass) return
  for (const {
    spec: { pvc, storage },
  } of spec.dataVolumeTemplates ?? []) {
    if (pvc !== undefined) pvc.storageClassName ??= storageClass
    if (storage !== undefined) storage.storageClassName ??= storageClass
  }
}

export type Admitted = { machine: VirtualMachine; errors?: undefined } | { machine?: undefined; errors: FieldError[] }

/** The virtual machine with the template that would run, for the rules of templates; or what stands against it. */
export async function admitOutfit(
  vm: VirtualMachine,
  old: VirtualMachine | undefined,
  policy: AdmissionPolicy,
  client: Client,
): Promise<Admitted> {
  if (!namesAny(vm)) return { machine: vm }
  const findings = await findMatched(vm, client)
  const lack = newLackIn(findings, vm, old)
  if (lack !== undefined) return { errors: [notThere(lack)] }
  const outfit = outfitOf(findings)
  const unspreadable = validateSpread(outfit.instancetype, outfit.preference)
  if (unspreadable.length > 0) return { errors: unspreadable }
  const { template, conflicts } = expandTemplate(vm.spec.template, outfit, policy)
  if (template === undefined) return { errors: conflicts }
  const { instancetype, preference } = outfit
  const unmet = checkRequirements(instancetype, preference, defaultVirtualMachineInstanceSpec(template.spec, policy))
  return unmet.length > 0 ? { errors: unmet } : { machine: { ...vm, spec: { ...vm.spec, template } } }
}

/** What everything hangs on may be missing; other rules say so. */
function namesAny({ spec }: Partial<VirtualMachine>): boolean {
  const template: Partial<VirtualMachine['spec']['template']> | undefined = spec?.template
  return template?.spec?.domain?.devices !== undefined && matcherFields.some((field) => spec?.[field])
}

/** A machine that already has its name may go on being stopped, changed and deleted when what it names is gone. */
function newLackIn(findings: Findings, vm: VirtualMachine, old: VirtualMachine | undefined): Lack | undefined {
  const lack = lackIn(findings)
  const isOld = lack !== undefined && old !== undefined && isDeepStrictEqual(vm.spec[lack.field], old.spec[lack.field])
  return isOld ? undefined : lack
}

function notThere({ field, why }: Lack): FieldError {
  return { type: 'FieldValueNotFound', field: `spec.${field}`, message: `Failure to find ${field}: ${why}` }
}
