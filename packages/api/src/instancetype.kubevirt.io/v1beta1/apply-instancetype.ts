// What an instance type makes of a machine. It does not give way: where the machine's own template says something about
// the same thing, that is a conflict.

import { invalid } from '../../kubevirt.io/v1/validation/rule.ts'
import type { Domain, VirtualMachineInstanceSpec } from '../../kubevirt.io/v1/virtual-machine-instance-spec.ts'
import { bytesOf, type FieldError, formatQuantity, parseQuantity } from '../../meta/index.ts'
import { topologyOf } from './cpu-topology.ts'
import type { InstancetypeMemory, InstancetypeSpec } from './virtual-machine-instancetype.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

/** A machine in the making: a private copy. */
export interface Draft {
  spec: VirtualMachineInstanceSpec
  annotations: Record<string, string>
}

export function conflictText(fields: readonly string[]): string {
  return `VM field(s) ${fields.join(', ')} conflicts with selected instance type`
}

/** Writes into the draft, unless there are conflicts. `path` is where its spec stands: `spec.template.spec`. */
export function applyInstancetype(
  path: string,
  instancetype: InstancetypeSpec,
  preference: PreferenceSpec | undefined,
  draft: Draft,
): FieldError[] {
  const fields = [
    ...conflictingFields(instancetype, draft.spec).map((field) => `${path}.${field}`),
    ...conflictingAnnotations(instancetype, draft).map((key) => `annotations.${key}`),
  ]
  if (fields.length === 0) write(instancetype, preference, draft)
  return fields.map((field) => invalid(field, conflictText([field])))
}

function conflictingFields(instancetype: InstancetypeSpec, spec: VirtualMachineInstanceSpec): string[] {
  const { domain } = spec
  return [
    ...whereBoth(instancetype.nodeSelector, spec.nodeSelector, 'nodeSelector'),
    ...whereBoth(instancetype.schedulerName, spec.schedulerName, 'schedulerName'),
    ...conflictingCpu(instancetype, domain),
    // Of memory, the first says enough.
    ...conflictingMemory(instancetype, domain).slice(0, 1),
    ...whereBoth(
      instancetype.ioThreads?.supplementalPoolThreadCount,
      domain.ioThreads?.supplementalPoolThreadCount,
      'domain.ioThreads.supplementalPoolThreadCount',
    ),
    ...whereBoth(instancetype.ioThreadsPolicy, domain.ioThreadsPolicy, 'domain.ioThreadsPolicy'),
    ...whereBoth(instancetype.launchSecurity, domain.launchSecurity, 'domain.launchSecurity'),
    ...whereBoth(instancetype.gpus, domain.devices.gpus, 'domain.devices.gpus'),
    ...whereBoth(instancetype.hostDevices, domain.devices.hostDevices, 'domain.devices.hostDevices'),
  ]
}

/** How many CPUs there are is the instance type's to say, so that the machine may not say anything about it. */
function conflictingCpu({ cpu: given }: InstancetypeSpec, { cpu, resources }: Domain): string[] {
  return [
    ...whereGiven(resources?.requests?.['cpu'], 'domain.resources.requests.cpu'),
    ...whereGiven(resources?.limits?.['cpu'], 'domain.resources.limits.cpu'),
    ...whereGiven(cpu?.sockets || undefined, 'domain.cpu.sockets'),
    ...whereGiven(cpu?.cores || undefined, 'domain.cpu.cores'),
    ...whereGiven(cpu?.threads || undefined, 'domain.cpu.threads'),
    ...(given.model === undefined ? [] : whereGiven(cpu?.model, 'domain.cpu.model')),
    ...(given.dedicatedCPUPlacement === undefined
      ? []
      : whereGiven(cpu?.dedicatedCpuPlacement, 'domain.cpu.dedicatedCPUPlacement')),
    ...(given.isolateEmulatorThread === undefined
      ? []
      : whereGiven(cpu?.isolateEmulatorThread, 'domain.cpu.isolateEmulatorThread')),
    ...whereBoth(given.numa, cpu?.numa, 'domain.cpu.numa'),
    ...whereBoth(given.realtime, cpu?.realtime, 'domain.cpu.realtime'),
  ]
}

function conflictingMemory({ memory: given }: InstancetypeSpec, { memory, resources }: Domain): string[] {
  return [
    ...whereGiven(memory?.guest, 'domain.memory.guest'),
    ...whereBoth(given.hugepages, memory?.hugepages, 'domain.memory.hugepages'),
    ...whereBoth(given.maxGuest, memory?.maxGuest, 'domain.memory.maxGuest'),
    ...whereGiven(resources?.requests?.['memory'], 'domain.resources.requests.memory'),
    ...whereGiven(resources?.limits?.['memory'], 'domain.resources.limits.memory'),
  ]
}

function conflictingAnnotations({ annotations = {} }: InstancetypeSpec, draft: Draft): string[] {
  return Object.keys(annotations).filter((key) => (draft.annotations[key] ?? annotations[key]) !== annotations[key])
}

function whereGiven(value: unknown, field: string): string[] {
  const isAbsent = value === undefined || value === null || value === '' || value === false
  return isAbsent || (Array.isArray(value) && value.length === 0) ? [] : [field]
}

function whereBoth(ofType: unknown, ofMachine: unknown, field: string): string[] {
  return whereGiven(ofType, field).length === 0 ? [] : whereGiven(ofMachine, field)
}

function write(instancetype: InstancetypeSpec, preference: PreferenceSpec | undefined, draft: Draft): void {
  const { spec } = draft
  const { domain } = spec
  const { nodeSelector, schedulerName, ioThreads, ioThreadsPolicy, launchSecurity, gpus, hostDevices } = instancetype
  if (nodeSelector !== undefined) spec.nodeSelector = nodeSelector
  if (schedulerName) spec.schedulerName = schedulerName
  domain.cpu = { ...domain.cpu, ...cpuOf(instancetype), ...topologyOf(instancetype.cpu.guest, preference) }
  writeMemory(instancetype.memory, domain)
  if (ioThreads?.supplementalPoolThreadCount !== undefined) domain.ioThreads = { ...domain.ioThreads, ...ioThreads }
  if (ioThreadsPolicy !== undefined) domain.ioThreadsPolicy = ioThreadsPolicy
  if (launchSecurity !== undefined) domain.launchSecurity = launchSecurity
  if (gpus?.length) domain.devices.gpus = gpus
  if (hostDevices?.length) domain.devices.hostDevices = hostDevices
  draft.annotations = { ...draft.annotations, ...instancetype.annotations }
}

/** The machine spells one field otherwise. */
function cpuOf({ cpu }: InstancetypeSpec): NonNullable<Domain['cpu']> {
  const { guest: _, dedicatedCPUPlacement, ...same } = cpu
  return { ...same, ...(dedicatedCPUPlacement === undefined ? {} : { dedicatedCpuPlacement: dedicatedCPUPlacement }) }
}

function writeMemory(given: InstancetypeMemory, domain: Domain): void {
  const { overcommitPercent = 0, ...memory } = given
  domain.memory = { ...domain.memory, ...memory }
  if (overcommitPercent <= 0) return
  const requests = { ...domain.resources?.requests, memory: overcommitted(given.guest, overcommitPercent) }
  domain.resources = { ...domain.resources, requests }
}

/** What is asked of the host: less than the guest is promised. */
function overcommitted(guest: InstancetypeMemory['guest'], percent: number): string {
  const bytes = Math.floor(((bytesOf(guest) ?? 0) * (100 - percent)) / 100)
  const { nano } = parseQuantity(bytes) ?? { nano: 0n }
  return formatQuantity({ nano, format: parseQuantity(guest)?.format ?? 'BinarySI' })
}
