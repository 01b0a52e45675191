// What a preference makes of devices: of those that a machine has, and of how many it gets without asking.

import type { Devices, Disk, Interface, VirtualMachineInstanceSpec } from '../../kubevirt.io/v1/virtual-machine-instance-spec.ts'
import type { PreferenceSpec } from './virtual-machine-preference.ts'

type DevicePreferences = NonNullable<PreferenceSpec['devices']>

/** Comes before anything is attached unasked, because it says what is. */
export function applyAttachmentPreferences({ devices: preferred }: PreferenceSpec, { domain }: VirtualMachineInstanceSpec): void {
  if (preferred === undefined) return
  fill(domain.devices, {
    autoattachGraphicsDevice: preferred.preferredAutoattachGraphicsDevice,
    autoattachMemBalloon: preferred.preferredAutoattachMemBalloon,
    autoattachPodInterface: preferred.preferredAutoattachPodInterface,
    autoattachSerialConsole: preferred.preferredAutoattachSerialConsole,
    autoattachInputDevice: preferred.preferredAutoattachInputDevice,
  })
}

export function applyDevicePreferences({ devices: preferred }: PreferenceSpec, spec: VirtualMachineInstanceSpec): void {
  if (preferred === undefined) return
  const { devices } = spec.domain
  fill(devices, {
    useVirtioTransitional: preferred.preferredUseVirtioTransitional,
    blockMultiQueue: preferred.preferredBlockMultiQueue,
    networkInterfaceMultiqueue: preferred.preferredNetworkInterfaceMultiQueue,
    disableHotplug: preferred.preferredDisableHotplug,
    rng: preferred.preferredRng,
    tpm: preferred.preferredTPM,
  })
  // A sound card is never added; one that is there gets a model.
  if (devices.sound !== undefined && preferred.preferredSoundModel) devices.sound.model ||= preferred.preferredSoundModel
  if (preferred.preferredVideoType !== undefined) {
    devices.video = { ...devices.video, type: devices.video?.type || preferred.preferredVideoType }
  }
  devices.disks?.forEach((disk) => preferDisk(preferred, disk))
  devices.interfaces?.forEach((each) => preferInterface(preferred, each, spec))
  for (const input of devices.inputs ?? []) {
    if (preferred.preferredInputBus) input.bus ||= preferred.preferredInputBus
    if (preferred.preferredInputType) input.type ||= preferred.preferredInputType
  }
  preferPanicModel(preferred, devices)
}

/** What has no value yet and is to have one. */
function fill<T extends object>(target: T, values: { [K in keyof T]?: T[K] | undefined }): void {
  for (const [key, value] of Object.entries(values) as [keyof T, T[keyof T] | undefined][]) {
    if (value !== undefined) target[key] ??= value
  }
}

function preferDisk(preferred: DevicePreferences, disk: Disk): void {
  if (disk.cdrom !== undefined) {
    if (preferred.preferredCdromBus) disk.cdrom.bus ||= preferred.preferredCdromBus
    return
  }
  if (disk.lun !== undefined) {
    if (preferred.preferredLunBus) disk.lun.bus ||= preferred.preferredLunBus
    return
  }
  disk.disk ??= {}
  if (preferred.preferredDiskBus) disk.disk.bus ||= preferred.preferredDiskBus
  if (preferred.preferredDiskCache) disk.cache ||= preferred.preferredDiskCache
  if (preferred.preferredDiskIO) disk.io ||= preferred.preferredDiskIO
  fill(disk, {
    blockSize: preferred.preferredDiskBlockSize,
    // Only virtio disks can have threads of their own.
    dedicatedIOThread: disk.disk.bus === 'virtio' ? preferred.preferredDiskDedicatedIoThread : undefined,
  })
}

/** How an interface may be bound; with none of these it is not yet. */
const bindings = ['bridge', 'binding', 'macvtap', 'masquerade', 'passt', 'passtBinding', 'slirp', 'sriov'] as const

function preferInterface(preferred: DevicePreferences, each: Interface, { networks = [] }: VirtualMachineInstanceSpec): void {
  if (preferred.preferredInterfaceModel) each.model ||= preferred.preferredInterfaceModel
  const isBound = bindings.some((binding) => each[binding] !== undefined)
  const isOnPodNetwork = networks.find(({ name }) => name === each.name)?.pod !== undefined
  if (preferred.preferredInterfaceMasquerade !== undefined && !isBound && isOnPodNetwork) {
    each.masquerade = preferred.preferredInterfaceMasquerade
  }
}

/** Whoever prefers a model wants the device. */
function preferPanicModel({ preferredPanicDeviceModel: model }: DevicePreferences, devices: Devices): void {
  if (model === undefined) return
  const before = devices.panicDevices?.length ? devices.panicDevices : [{}]
  devices.panicDevices = before.map((device) => ({ model, ...device }))
}
