// For tests: an instance type, a preference and a template, each with what a test says.

import type { VirtualMachine } from '../../kubevirt.io/v1/virtual-machine.ts'
import type { VirtualMachineInstanceSpec } from '../../kubevirt.io/v1/virtual-machine-instance-spec.ts'
import { expandTemplate, type Outfit } from './expand-template.ts'
import type { InstancetypeSpec } from './virtual-machine-instancetype.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

type Template = VirtualMachine['spec']['template']
type DomainChange = Partial<VirtualMachineInstanceSpec['domain']>

export const instancetypeOf = (cpus: number, change: Partial<InstancetypeSpec> = {}): InstancetypeSpec => ({
  cpu: { guest: cpus },
  memory: { guest: '256Mi' },
  ...change,
})

export const templateOf = (domain: DomainChange = {}, spec: Partial<VirtualMachineInstanceSpec> = {}): Template => ({
  spec: { ...spec, domain: { devices: {}, ...domain } },
})

/** What comes out; a conflict fails the test. */
export function expanded(given: Template, outfit: Outfit): Template {
  const { template, conflicts } = expandTemplate(given, outfit)
  if (template === undefined) throw new Error(conflicts.map(({ message }) => message).join(', '))
  return template
}

export const preferredDomain = (preference: PreferenceSpec, domain: DomainChange = {}) =>
  expanded(templateOf(domain), { preference }).spec.domain
