// The processors of a machine: from what the spec says of CPUs, features and timers to QEMU's properties. Pure.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { LaunchPlan } from '@sheaf/qemu'

type Domain = VirtualMachineInstance['spec']['domain']
type Settings = NonNullable<LaunchPlan['cpu']['settings']>
type Hyperv = NonNullable<NonNullable<Domain['features']>['hyperv']>

export function processorOf(domain: Domain): LaunchPlan['cpu'] {
  const { cpu } = domain
  const settings: Settings = { ...featuresOf(domain), ...enlightenmentsOf(domain), ...ofKvm(domain) }
  return {
    model: modelOf(domain) ?? 'host',
    sockets: cpu?.sockets ?? 1,
    cores: cpu?.cores ?? 1,
    threads: cpu?.threads ?? 1,
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  }
}

export const processorsOf = ({ cpu }: Domain): number => (cpu?.sockets ?? 1) * (cpu?.cores ?? 1) * (cpu?.threads ?? 1)

/** Undefined for the host's own, which under emulation is all that QEMU can do. */
export function modelOf({ cpu }: Domain): string | undefined {
  const model = cpu?.model || 'host-model'
  return model === 'host-model' || model === 'host-passthrough' ? undefined : model
}

/** Policies by which the guest gets the feature. Without one it is required. */
export const givingPolicies: readonly string[] = ['', 'force', 'require', 'optional']

/** `forbid` takes nothing away: a host that has the feature is not taken. */
function featuresOf({ cpu }: Domain): Settings {
  const given = (cpu?.features ?? []).filter(({ policy = '' }) => policy === 'disable' || givingPolicies.includes(policy))
  return Object.fromEntries(given.map(({ name, policy }) => [qemuFeature(name), policy !== 'disable']))
}

/** QEMU writes dashes where libvirt, whose names KubeVirt uses, has underscores. */
export function qemuFeature(name: string): string {
  return name.replaceAll('_', '-')
}

/** What is asked for by being there, unless it says otherwise. */
export const isOn = (feature: { enabled?: boolean } | undefined): boolean => feature !== undefined && feature.enabled !== false

type Switch = Exclude<keyof Hyperv, 'spinlocks' | 'vendorid'>

const switches: Readonly<Record<Switch, string>> = {
  evmcs: 'hv-evmcs',
  frequencies: 'hv-frequencies',
  ipi: 'hv-ipi',
  reenlightenment: 'hv-reenlightenment',
  relaxed: 'hv-relaxed',
  reset: 'hv-reset',
  runtime: 'hv-runtime',
  synic: 'hv-synic',
  synictimer: 'hv-stimer',
  tlbflush: 'hv-tlbflush',
  vapic: 'hv-vapic',
  vpindex: 'hv-vpindex',
}

const defaultSpinlocks = 4096

/** What makes Windows at home on KVM. */
export function enlightenmentsOf(domain: Domain): Settings {
  const { features, clock } = domain
  const hyperv: Hyperv = features?.hyperv ?? {}
  const on = (Object.keys(switches) as Switch[]).filter((name) => isOn(hyperv[name]))
  return {
    ...(isOn(features?.hypervPassthrough) ? { 'hv-passthrough': true } : {}),
    ...Object.fromEntries(on.map((name) => [switches[name], true])),
    ...(isOn(hyperv.synictimer) && isOn(hyperv.synictimer?.direct) ? { 'hv-stimer-direct': true } : {}),
    ...(isOn(hyperv.tlbflush) && isOn(hyperv.tlbflush?.direct) ? { 'hv-tlbflush-direct': true } : {}),
    ...(isOn(hyperv.tlbflush) && isOn(hyperv.tlbflush?.extended) ? { 'hv-tlbflush-ext': true } : {}),
    ...(isOn(hyperv.spinlocks) ? { 'hv-spinlocks': hyperv.spinlocks?.spinlocks ?? defaultSpinlocks } : {}),
    ...(isOn(hyperv.vendorid) && hyperv.vendorid?.vendorid ? { 'hv-vendor-id': hyperv.vendorid.vendorid } : {}),
    ...(clock?.timer?.hyperv !== undefined && clock.timer.hyperv.present !== false ? { 'hv-time': true } : {}),
    ...((domain.devices.panicDevices ?? []).some(({ model }) => model === 'hyperv') ? { 'hv-crash': true } : {}),
  }
}

/** What only a guest on KVM could see. */
function ofKvm({ clock, features }: Domain): Settings {
  const { apic, kvm, pvspinlock } = features ?? {}
  return {
    ...(kvm?.hidden === true ? { kvm: false } : {}),
    ...(pvspinlock === undefined ? {} : { 'kvm-pv-unhalt': isOn(pvspinlock) }),
    ...(apic?.endOfInterrupt === undefined ? {} : { 'kvm-pv-eoi': apic.endOfInterrupt }),
    ...(clock?.timer?.kvm?.present === false ? { kvmclock: false } : {}),
  }
}
