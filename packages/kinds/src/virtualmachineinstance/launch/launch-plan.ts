// From an instance's spec to a launch plan. Pure: the same instance and files give the same plan, so that a launch
// interrupted at any point can be repeated.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { LaunchPlan } from '@sheaf/qemu'
import { clockOf } from './machine-clock.ts'
import { devicesOf } from './machine-devices.ts'
import { disksOf } from './machine-disks.ts'
import { interfacesOf } from './machine-interfaces.ts'
import { memoryOf } from './machine-memory.ts'
import { isOn, processorOf } from './processor.ts'
import type { LaunchFiles } from '../volumes/volumes.ts'

type Domain = VirtualMachineInstance['spec']['domain']

export function launchPlanOf(instance: VirtualMachineInstance, files: LaunchFiles): LaunchPlan {
  const { domain } = instance.spec
  const { chassis, features, firmware } = domain
  const keepsUnder = keptNameOf(instance)
  return {
    id: instance.metadata.uid ?? '',
    name: `${instance.metadata.namespace}_${instance.metadata.name}`,
    uuid: firmware?.uuid ?? instance.metadata.uid ?? '',
    ...(firmware?.serial === undefined ? {} : { serialNumber: firmware.serial }),
    ...machineOf(domain),
    cpu: processorOf(domain),
    ...memoryOf(domain),
    firmware: firmwareOf(domain, keepsUnder !== undefined),
    ...(features?.smm === undefined ? {} : { smm: isOn(features.smm) }),
    ...(features?.acpi?.enabled === false ? { acpi: false } : {}),
    ...clockOf(domain.clock),
    ...(files.kernel === undefined ? {} : { kernel: files.kernel }),
    ...disksOf(domain, files),
    interfaces: interfacesOf(instance),
    ...devicesOf(domain, keepsUnder !== undefined),
    ...(keepsUnder === undefined ? {} : { keepsUnder }),
    ...(chassis === undefined ? {} : { chassis }),
    onReboot: domain.rebootPolicy === 'Terminate' ? 'terminate' : 'restart',
    startPaused: instance.spec.startStrategy === 'Paused',
  }
}

/** `q35` is whichever version of it is the newest. */
function machineOf({ machine }: Domain): Pick<LaunchPlan, 'machine' | 'machineType'> {
  const type = machine?.type
  if (type === 'microvm') return { machine: 'microvm' }
  return type === undefined || type === '' || type === 'q35' ? { machine: 'q35' } : { machine: 'q35', machineType: type }
}

function firmwareOf({ firmware }: Domain, keeps: boolean): LaunchPlan['firmware'] {
  const { bios, efi } = firmware?.bootloader ?? {}
  if (efi === undefined) return bios?.useSerial === true ? { kind: 'bios', usesSerial: true } : { kind: 'bios' }
  const kept = efi.persistent === true && keeps
  return { kind: 'uefi', secureBoot: efi.secureBoot ?? true, ...(kept ? { keepsVariables: true } : {}) }
}

/** The VM's uid, when something is to outlive this instance of it. An instance without a VM has nobody to keep it for. */
function keptNameOf({ metadata, spec }: VirtualMachineInstance): string | undefined {
  const { devices, firmware } = spec.domain
  const keepsTpm = devices.tpm?.persistent === true && devices.tpm.enabled !== false
  if (!keepsTpm && firmware?.bootloader?.efi?.persistent !== true) return undefined
  return metadata.ownerReferences?.find((owner) => owner.kind === 'VirtualMachine' && owner.controller === true)?.uid
}
