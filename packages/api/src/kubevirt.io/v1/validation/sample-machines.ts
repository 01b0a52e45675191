// Machines with one thing said about them, for tests.

import type { FieldError } from '../../../meta/index.ts'
import { validateVirtualMachineInstanceSpec } from '../validate-virtual-machine-instance-spec.ts'
import type { Disk, Domain, Interface, Network, VirtualMachineInstanceSpec, Volume } from '../virtual-machine-instance-spec.ts'

type Parts = Partial<Omit<VirtualMachineInstanceSpec, 'domain'>> & { domain?: Partial<Domain> }

export const machine = ({ domain, ...rest }: Parts): VirtualMachineInstanceSpec => ({
  ...rest,
  domain: { devices: {}, memory: { guest: '1Gi' }, ...domain },
})

export const withDisk = (
  disk: Partial<Disk>,
  volume: Partial<Volume> = { emptyDisk: { capacity: '1Gi' } },
): VirtualMachineInstanceSpec =>
  machine({
    domain: { devices: { disks: [{ name: 'd', ...disk }] } },
    volumes: [{ name: disk.name ?? 'd', ...volume }],
  })

export const withVolume = (volume: Partial<Volume>): VirtualMachineInstanceSpec => withDisk({}, volume)

export const withInterface = (each: Partial<Interface>, network: Partial<Network> = { pod: {} }): VirtualMachineInstanceSpec =>
  machine({ domain: { devices: { interfaces: [{ name: 'n', ...each }] } }, networks: [{ name: 'n', ...network }] })

export const withMemory = (requests: string, limits?: string): VirtualMachineInstanceSpec =>
  machine({ domain: { resources: { requests: { memory: requests }, ...(limits && { limits: { memory: limits } }) } } })

/** `Invalid · spec.x · what is wrong` */
export const findingText = ({ field, message, type }: FieldError): string =>
  `${type.replace('FieldValue', '')} · ${field} · ${message}`

export const findingsOf = (spec: VirtualMachineInstanceSpec): string[] =>
  validateVirtualMachineInstanceSpec('spec', spec).map(findingText)

/** One row a rule: what is wrong, with which machine, and KubeVirt's words for it. */
export type RuleTable = readonly (readonly [string, VirtualMachineInstanceSpec, string])[]
