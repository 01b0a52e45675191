// What QEMU and this host's processor cannot give of what is asked of a processor. Pure.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { EmulatorCapabilities } from '@sheaf/qemu'
import { modelOf, qemuFeature } from './processor.ts'

type Domain = VirtualMachineInstance['spec']['domain']

/** More names would hide the first. */
const mostNames = 8

export function processorLacks(domain: Domain, emulator: EmulatorCapabilities): string[] {
  return [...modelLacks(domain, emulator), ...featureLacks(domain, emulator)]
}

function modelLacks(domain: Domain, { processorModels }: EmulatorCapabilities): string[] {
  const model = modelOf(domain)
  if (model === undefined) return []
  const missing = processorModels.get(model)
  if (missing === undefined) return [`the CPU model ${model}, which QEMU does not know here`]
  const away = new Set(
    (domain.cpu?.features ?? []).filter(({ policy }) => policy === 'disable').map(({ name }) => qemuFeature(name)),
  )
  const lacking = missing.filter((name) => !away.has(name))
  return lacking.length === 0 ? [] : [`the CPU model ${model}, of which the host lacks ${listed(lacking)}`]
}

function featureLacks({ cpu }: Domain, { processorFeatures }: EmulatorCapabilities): string[] {
  return (cpu?.features ?? []).flatMap(({ name, policy = '' }) => {
    const available = processorFeatures.get(qemuFeature(name))
    if (policy === 'forbid') return available === true ? [`a CPU without ${name}`] : []
    if (available === undefined) return [`the CPU feature ${name}, which QEMU does not know here`]
    const isNeeded = policy === '' || policy === 'require' || policy === 'force'
    return isNeeded && !available ? [`the CPU feature ${name}`] : []
  })
}

function listed(names: readonly string[]): string {
  const more = names.length - mostNames
  return names.slice(0, mostNames).join(' ') + (more > 0 ? ` and ${more} more` : '')
}
