// The small devices of a machine.

import type { Chassis, LaunchPlan } from '../launch-plan.ts'
import { fileNames } from '../state-files.ts'
import { option } from './option.ts'
import { virtioDevice } from './virtio.ts'

/** Room for devices that are added to a running q35 machine: pcie.0 itself takes none after the start. */
const sparePorts = 3

export function deviceArguments(plan: LaunchPlan): string[] {
  return [
    ...(plan.rng ? rng(plan) : []),
    ...balloon(plan),
    ...panicDevice(plan),
    ...(plan.watchdog === undefined ? [] : ['-device', option('i6300esb', { id: 'watchdog' })]),
    ...tpm(plan),
    ...(plan.machine === 'microvm' || plan.hotplug === false ? [] : sparePortsOf()),
  ]
}

/** What a guest reads of its case. */
export function chassisArguments(chassis: Chassis | undefined): string[] {
  return chassis === undefined ? [] : ['-smbios', option('type=3', { ...chassis })]
}

function rng(plan: LaunchPlan): string[] {
  const source = option('rng-random', { id: 'rng', filename: '/dev/urandom' })
  return ['-object', source, '-device', option(virtioDevice(plan, 'virtio-rng'), { rng: 'rng' })]
}

function balloon(plan: LaunchPlan): string[] {
  if (plan.balloon === undefined) return []
  const settings = { id: 'balloon', 'free-page-reporting': plan.balloon.reportsFreePages }
  return ['-device', option(virtioDevice(plan, 'virtio-balloon'), settings)]
}

function panicDevice({ panicDevice: wanted }: LaunchPlan): string[] {
  if (wanted === false) return []
  return ['-device', wanted === 'pci' ? 'pvpanic-pci' : 'pvpanic']
}

/** The TPM itself is a process of its own, which listens on this socket when QEMU starts and ends when QEMU does. */
function tpm({ tpm: wanted }: LaunchPlan): string[] {
  if (wanted === undefined) return []
  return [
    '-chardev',
    option('socket', { id: 'tpm', path: fileNames.tpmSocket }),
    '-tpmdev',
    option('emulator', { id: 'tpm', chardev: 'tpm' }),
    '-device',
    option(`tpm-${wanted.interface}`, { tpmdev: 'tpm' }),
  ]
}

function sparePortsOf(): string[] {
  return Array.from({ length: sparePorts }, (_, index) => [
    '-device',
    option('pcie-root-port', { id: `spare${index}`, chassis: index + 1 }),
  ]).flat()
}
