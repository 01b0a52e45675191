// What a preference makes of a machine: it fills in what nobody has said anything about, and gives way everywhere else.

import type { Domain } from '../../kubevirt.io/v1/virtual-machine-instance-spec.ts'
import type { Draft } from './apply-instancetype.ts'
import { applyDevicePreferences } from './apply-device-preferences.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

/** Writes into the draft. Comes after the instance type. */
export function applyPreference(preference: PreferenceSpec, draft: Draft): void {
  const { spec } = draft
  const { domain } = spec
  const { preferredArchitecture, preferredSubdomain, preferredLaunchSecurity } = preference
  preferCpuFeatures(preference, domain)
  applyDevicePreferences(preference, spec)
  preferFeatures(preference, domain)
  preferFirmware(preference, domain)
  preferMachineType(preference, domain)
  preferClock(preference, domain)
  if (preferredSubdomain) spec.subdomain ||= preferredSubdomain
  if (preference.preferredTerminationGracePeriodSeconds !== undefined) {
    spec.terminationGracePeriodSeconds ??= preference.preferredTerminationGracePeriodSeconds
  }
  if (preferredArchitecture) spec.architecture ||= preferredArchitecture
  if (preferredLaunchSecurity !== undefined) domain.launchSecurity ??= preferredLaunchSecurity
  draft.annotations = { ...preference.annotations, ...draft.annotations }
}

export function preferMachineType({ machine }: PreferenceSpec, domain: Domain): void {
  if (!machine?.preferredMachineType) return
  domain.machine = { ...domain.machine, type: domain.machine?.type || machine.preferredMachineType }
}

function preferCpuFeatures({ cpu }: PreferenceSpec, domain: Domain): void {
  const before = domain.cpu?.features ?? []
  const more = (cpu?.preferredCPUFeatures ?? []).filter(({ name }) => !before.some((feature) => feature.name === name))
  if (more.length > 0) domain.cpu = { ...domain.cpu, features: [...before, ...more] }
}

function preferFeatures({ features: preferred }: PreferenceSpec, domain: Domain): void {
  if (preferred === undefined) return
  const { preferredAcpi, preferredApic, preferredHyperv, preferredKvm, preferredPvspinlock, preferredSmm } = preferred
  const { acpi, hyperv, ...rest } = domain.features ?? {}
  domain.features = {
    ...(preferredApic === undefined ? {} : { apic: preferredApic }),
    ...(preferredKvm === undefined ? {} : { kvm: preferredKvm }),
    ...(preferredPvspinlock === undefined ? {} : { pvspinlock: preferredPvspinlock }),
    ...(preferredSmm === undefined ? {} : { smm: preferredSmm }),
    ...rest,
    ...(preferredAcpi === undefined && acpi === undefined ? {} : { acpi: { ...preferredAcpi, ...acpi } }),
    // Each of Windows' features by itself.
    ...(preferredHyperv === undefined && hyperv === undefined ? {} : { hyperv: { ...preferredHyperv, ...hyperv } }),
  }
}

function preferFirmware({ firmware: preferred }: PreferenceSpec, domain: Domain): void {
  if (preferred === undefined) return
  const { preferredEfi, preferredUseBios, preferredUseBiosSerial, preferredUseEfi, preferredUseSecureBoot } = preferred
  let { bios, efi } = domain.firmware?.bootloader ?? {}
  if (bios === undefined && efi === undefined) {
    if (preferredUseBios === true) bios = {}
    else if (preferredEfi !== undefined) efi = preferredEfi
    else if (preferredUseEfi === true) efi = {}
  }
  if (bios !== undefined && preferredUseBiosSerial !== undefined) bios = { useSerial: preferredUseBiosSerial, ...bios }
  // The older flag has no say over the newer field.
  if (efi !== undefined && efi !== preferredEfi && preferredUseSecureBoot !== undefined) {
    efi = { secureBoot: preferredUseSecureBoot, ...efi }
  }
  const bootloader = { ...(bios === undefined ? {} : { bios }), ...(efi === undefined ? {} : { efi }) }
  if (bios !== undefined || efi !== undefined) domain.firmware = { ...domain.firmware, bootloader }
}

function preferClock({ clock: preferred }: PreferenceSpec, domain: Domain): void {
  if (preferred === undefined) return
  const { utc, timezone } = domain.clock ?? {}
  // An offset is one thing: half of it from here and half from there would be neither.
  const offset = utc === undefined && timezone === undefined ? preferred.preferredClockOffset : {}
  const timer = domain.clock?.timer ?? preferred.preferredTimer
  domain.clock = { ...domain.clock, ...offset, ...(timer === undefined ? {} : { timer }) }
}
