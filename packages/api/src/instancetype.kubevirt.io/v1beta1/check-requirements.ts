// What a guest cannot do without, as its preference says: CPUs, memory, an architecture.

import { notFound } from '../../kubevirt.io/v1/validation/rule.ts'
import { quantityText } from '../../kubevirt.io/v1/validation/memory.ts'
import type { VirtualMachineInstanceSpec } from '../../kubevirt.io/v1/virtual-machine-instance-spec.ts'
import { compareQuantities, type FieldError, parseQuantity, type QuantityText } from '../../meta/index.ts'
import { preferredTopologyOf, spreadOf } from './cpu-topology.ts'
import type { InstancetypeSpec } from './virtual-machine-instancetype.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

/** The first that is not met. The instance type has been applied, and defaults have been filled in. */
export function checkRequirements(
  instancetype: InstancetypeSpec | undefined,
  preference: PreferenceSpec | undefined,
  spec: VirtualMachineInstanceSpec,
): FieldError[] {
  if (preference === undefined) return []
  const unmet =
    unmetCpus(instancetype, preference, spec) ??
    unmetMemory(instancetype, preference, spec) ??
    unmetArchitecture(preference, spec)
  if (unmet === undefined) return []
  return [notFound(unmet.fields.join(', '), `failure checking preference requirements: ${unmet.why}`)]
}

interface Unmet {
  fields: readonly string[]
  why: string
}

const cpuField = 'spec.template.spec.domain.cpu'

function unmetCpus(
  instancetype: InstancetypeSpec | undefined,
  preference: PreferenceSpec,
  { domain }: VirtualMachineInstanceSpec,
): Unmet | undefined {
  const needed = preference.requirements?.cpu?.guest
  if (needed === undefined) return undefined
  if (instancetype !== undefined) {
    const given = instancetype.cpu.guest
    if (given >= needed) return undefined
    const why = `insufficient CPU resources of ${given} vCPU provided by instance type, preference requires ${needed} vCPU`
    return { fields: ['spec.instancetype'], why }
  }
  if (domain.cpu === undefined) {
    return { fields: [cpuField], why: `no CPU resources provided by VirtualMachine, preference requires ${needed} vCPU` }
  }
  const { parts, called } = countedParts(preference)
  const given = parts.reduce((product, part) => product * (domain.cpu?.[part] ?? 0), 1)
  if (parts.length === 0 || given >= needed) return undefined
  const why = `insufficient CPU resources of ${given} vCPU provided by VirtualMachine, preference requires ${needed} vCPU provided as ${called}`
  return { fields: parts.map((part) => `${cpuField}.${part}`), why }
}

type Part = 'sockets' | 'cores' | 'threads'

/** Where the machine's own CPUs are to be counted, for the topology that is preferred. */
function countedParts(preference: PreferenceSpec): { parts: readonly Part[]; called: string } {
  const topology = preferredTopologyOf(preference)
  switch (topology) {
    case 'sockets':
    case 'cores':
    case 'threads':
      return { parts: [topology], called: topology }
    case 'any':
      return { parts: ['cores', 'sockets', 'threads'], called: 'cores, sockets and threads' }
    case 'spread': {
      const { across } = spreadOf(preference)
      return across === undefined ? { parts: [], called: '' } : { parts: spreadParts[across], called: across }
    }
    case undefined:
      return { parts: [], called: '' }
  }
}

const spreadParts = {
  SocketsCores: ['sockets', 'cores'],
  CoresThreads: ['cores', 'threads'],
  SocketsCoresThreads: ['sockets', 'cores', 'threads'],
} as const

function unmetMemory(
  instancetype: InstancetypeSpec | undefined,
  preference: PreferenceSpec,
  { domain }: VirtualMachineInstanceSpec,
): Unmet | undefined {
  const needed = preference.requirements?.memory?.guest
  if (needed === undefined) return undefined
  const given = domain.memory?.guest ?? instancetype?.memory.guest ?? 0
  if (!isLess(given, needed)) return undefined
  const [field, giver] =
    instancetype === undefined ? ['spec.template.spec.domain.memory', 'VirtualMachine'] : ['spec.instancetype', 'instance type']
  const why = `insufficient Memory resources of ${quantityText(given)} provided by ${giver}, preference requires ${quantityText(needed)}`
  return { fields: [field], why }
}

function isLess(given: QuantityText, needed: QuantityText): boolean {
  const [left, right] = [parseQuantity(given), parseQuantity(needed)]
  return left !== undefined && right !== undefined && compareQuantities(left, right) < 0
}

function unmetArchitecture(preference: PreferenceSpec, { architecture = '' }: VirtualMachineInstanceSpec): Unmet | undefined {
  const needed = preference.requirements?.architecture
  if (needed === undefined || needed === architecture) return undefined
  const why = `preference requires architecture ${needed} but ${architecture} is being requested`
  return { fields: ['spec.template.spec.architecture'], why }
}
