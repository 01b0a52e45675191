// The small devices of a machine: display, sound, watchdog, TPM and the rest. Pure.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { LaunchPlan } from '@sheaf/qemu'

type Domain = VirtualMachineInstance['spec']['domain']
type Devices = Domain['devices']

type Planned = Pick<
  LaunchPlan,
  | 'graphics'
  | 'video'
  | 'tablets'
  | 'sound'
  | 'serialConsole'
  | 'rng'
  | 'balloon'
  | 'panicDevice'
  | 'watchdog'
  | 'tpm'
  | 'virtio'
  | 'hotplug'
>

/** `keeps`: there is a name under which something can outlive the machine. */
export function devicesOf(domain: Domain, keeps: boolean): Planned {
  const { devices } = domain
  return {
    graphics: devices.autoattachGraphicsDevice !== false,
    ...(devices.video?.type ? { video: devices.video.type as NonNullable<LaunchPlan['video']> } : {}),
    ...tabletsOf(devices),
    ...(devices.sound === undefined ? {} : { sound: devices.sound.model === 'ac97' ? 'ac97' : 'ich9' }),
    ...serialConsoleOf(devices),
    rng: devices.rng !== undefined,
    ...(devices.autoattachMemBalloon === false ? {} : { balloon: { reportsFreePages: domain.memory?.hugepages === undefined } }),
    panicDevice: panicDeviceOf(devices),
    ...watchdogOf(devices),
    ...tpmOf(devices, keeps),
    ...(devices.useVirtioTransitional === true ? { virtio: 'transitional' } : {}),
    ...(devices.disableHotplug === true ? { hotplug: false } : {}),
  }
}

function tabletsOf({ autoattachInputDevice, inputs = [] }: Devices): Pick<LaunchPlan, 'tablets'> {
  if (inputs.length > 0) return { tablets: inputs.map(({ bus }) => (bus === 'virtio' ? 'virtio' : 'usb')) }
  return autoattachInputDevice === true ? { tablets: ['usb'] } : {}
}

function serialConsoleOf({ autoattachSerialConsole, logSerialConsole }: Devices): Pick<LaunchPlan, 'serialConsole'> {
  if (autoattachSerialConsole === false) return { serialConsole: 'none' }
  return logSerialConsole === false ? { serialConsole: 'unlogged' } : {}
}

/** The one of Hyper-V is a feature of the processor. */
function panicDeviceOf({ panicDevices = [] }: Devices): LaunchPlan['panicDevice'] {
  const models = panicDevices.map(({ model }) => model ?? 'isa').filter((model) => model !== 'hyperv')
  if (models.length === 0) return false
  return models.includes('isa') ? true : 'pci'
}

function watchdogOf({ watchdog }: Devices): Pick<LaunchPlan, 'watchdog'> {
  if (watchdog === undefined) return {}
  const action = watchdog.i6300esb?.action
  return { watchdog: { action: action === 'poweroff' || action === 'shutdown' ? action : 'reset' } }
}

/** A persistent one has the newer interface, as in KubeVirt. */
function tpmOf({ tpm }: Devices, keeps: boolean): Pick<LaunchPlan, 'tpm'> {
  if (tpm === undefined || tpm.enabled === false) return {}
  const isPersistent = tpm.persistent === true
  return { tpm: { interface: isPersistent ? 'crb' : 'tis', isKept: isPersistent && keeps } }
}
