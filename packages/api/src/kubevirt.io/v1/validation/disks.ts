import { dnsLabelFinding, type FieldError } from '../../../meta/index.ts'
import type { Disk } from '../virtual-machine-instance-spec.ts'
import { isPciAddress } from './pci-address.ts'
import { countSet, hasGate, invalid, notSupported, required, type SpecRule, when } from './rule.ts'

const buses = ['virtio', 'scsi', 'sata', 'usb']
const maxSerialLength = 256
const minBlockSize = 512
const maxBlockSize = 2_097_152

export const validateDisks: SpecRule = (path, { domain }) => {
  const disks = domain.devices.disks ?? []
  const list = `${path}.domain.devices.disks`
  return disks.flatMap((disk, index) => {
    const at = `${list}[${index}]`
    const twin = disks.findIndex((each) => each.name === disk.name)
    const nameFinding = dnsLabelFinding(disk.name)
    return [
      ...when(twin < index, () => invalid(`${at}.name`, `${at} and ${list}[${twin}] must not have the same Name.`)),
      ...when(countSet(disk.disk, disk.lun, disk.cdrom) > 1, () =>
        invalid(at, `${at} can only have a single target type defined`),
      ),
      ...validatePciAddress(list, index, disk),
      ...when(disk.bootOrder !== undefined && disk.bootOrder < 1, () =>
        invalid(`${at}.bootOrder`, `${at} must have a boot order > 0, if supplied`),
      ),
      ...validateBus(at, disk),
      ...validateSerial(at, disk.serial ?? ''),
      ...validateModes(list, at, disk),
      ...(nameFinding === undefined ? [] : [invalid(`${at}.name`, nameFinding)]),
      ...validateBlockSize(at, disk),
    ]
  })
}

function targetOf(disk: Disk): { kind: 'disk' | 'lun' | 'cdrom'; bus: string } | undefined {
  if (disk.disk !== undefined) return { kind: 'disk', bus: disk.disk.bus ?? '' }
  if (disk.lun !== undefined) return { kind: 'lun', bus: disk.lun.bus ?? '' }
  return disk.cdrom === undefined ? undefined : { kind: 'cdrom', bus: disk.cdrom.bus ?? '' }
}

function validateBus(at: string, disk: Disk): FieldError[] {
  const target = targetOf(disk)
  if (target === undefined || target.bus === '') return []
  const { bus, kind } = target
  const field = `${at}.${kind}.bus`
  return [
    ...when(bus === 'ide', () => invalid(field, 'IDE bus is not supported')),
    ...when(bus !== 'ide' && !buses.includes(bus), () =>
      invalid(field, `${at} is set with an unrecognized bus ${bus}, must be one of: [${buses.join(' ')}]`),
    ),
    ...when(bus === 'virtio' && kind === 'cdrom', () => invalid(field, `Bus type ${bus} is invalid for CD-ROM device`)),
    ...when(bus === 'sata' && disk.disk?.readonly === true, () => invalid(field, `${bus} hard-disks do not support read-only.`)),
    ...when(disk.dedicatedIOThread === true && bus !== 'virtio', () =>
      notSupported(at, `IOThreads are not supported for disks on a ${bus} bus`),
    ),
  ]
}

/** The path, which goes through the list twice, is KubeVirt's own. */
function validatePciAddress(list: string, index: number, { disk }: Disk): FieldError[] {
  const address = disk?.pciAddress
  if (disk === undefined || !address) return []
  const at = `${list}.domain.devices.disks.disk[${index}]`
  return [
    ...when(disk.bus !== 'virtio', () =>
      invalid(`${at}.pciAddress`, `disk ${at}.name - setting a PCI address is only possible with bus type virtio.`),
    ),
    ...when(!isPciAddress(address), () => invalid(`${at}.pciAddress`, `disk ${at}.name has malformed PCI address (${address}).`)),
  ]
}

function validateSerial(at: string, serial: string): FieldError[] {
  const field = `${at}.serial`
  return [
    ...when(serial !== '' && !/^[A-Za-z0-9_.+-]+$/.test(serial), () =>
      invalid(field, `${at} must be made up of the following characters [A-Za-z0-9_.+-], if specified`),
    ),
    ...when(serial.length > maxSerialLength, () =>
      invalid(field, `${at} must be less than or equal to ${maxSerialLength} in length, if specified`),
    ),
  ]
}

function validateModes(list: string, at: string, { cache = '', errorPolicy, io = '' }: Disk): FieldError[] {
  return [
    ...when(!['', 'none', 'writethrough', 'writeback'].includes(cache), () =>
      invalid(`${at}.cache`, `${at}.cache has invalid value ${cache}`),
    ),
    ...when(!['', 'native', 'threads'].includes(io), () =>
      notSupported(`${at}.io`, `Disk IO mode for ${list} is not supported. Supported modes are: native, threads.`),
    ),
    ...when(errorPolicy !== undefined && !['stop', 'ignore', 'report', 'enospace'].includes(errorPolicy), () =>
      invalid(`${at}.errorPolicy`, `${at}.errorPolicy has invalid value "${errorPolicy}"`),
    ),
  ]
}

function validateBlockSize(at: string, disk: Disk): FieldError[] {
  const custom = disk.blockSize?.custom
  if (custom === undefined) return []
  const field = `${at}.blockSize`
  const matches = disk.blockSize?.matchVolume
  if (matches !== undefined && matches.enabled !== false) {
    return [invalid(field, `Block size matching can't be enabled together with a custom value`)]
  }
  const { discardGranularity, logical = 0, physical = 0 } = custom
  if (logical > physical) {
    const text = `Logical size ${logical} must be the same or less than the physical size of ${physical}`
    return [invalid(`${field}.custom.logical`, text)]
  }
  if (targetOf(disk)?.bus === 'sata' && logical !== minBlockSize) {
    return [invalid(`${field}.custom.logical`, `Logical size ${logical} must be ${minBlockSize} for SATA devices`)]
  }
  if (discardGranularity !== undefined && logical !== 0 && discardGranularity % logical !== 0) {
    const text = `Discard granularity ${discardGranularity} must be multiples of logical size ${logical}`
    return [invalid(`${field}.custom.discardGranularity`, text)]
  }
  return [...validateSize(`${field}.custom.logical`, logical), ...validateSize(`${field}.custom.physical`, physical)]
}

function validateSize(field: string, size: number): FieldError[] {
  if (size < minBlockSize) {
    return [invalid(field, `Provided size of ${size} is less than the supported minimum size of ${minBlockSize}`)]
  }
  if (size > maxBlockSize) {
    return [invalid(field, `Provided size of ${size} is greater than the supported maximum size of ${maxBlockSize}`)]
  }
  return when(!Number.isInteger(Math.log2(size)), () => invalid(field, `Provided size of ${size} is not a power of 2`))
}

/** Every disk shows a volume, and one that can be shown so. */
export const validateDisksHaveVolumes: SpecRule = (path, spec, policy) => {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]))
  return (spec.domain.devices.disks ?? []).flatMap((disk, index) => {
    const at = `${path}.domain.devices.disks[${index}]`
    const volume = volumes.get(disk.name)
    if (volume === undefined) {
      // The capital N is KubeVirt's own.
      if (disk.cdrom === undefined) return [invalid(`${at}.name`, `${at}.Name '${disk.name}' not found.`)]
      return when(!hasGate(policy, 'DeclarativeHotplugVolumes'), () =>
        invalid(`${at}.name`, 'DeclarativeHotplugVolumes feature gate not enabled, cannot define an empty CD-ROM disk'),
      )
    }
    const isBlock = volume.persistentVolumeClaim !== undefined || volume.dataVolume !== undefined
    return [
      ...when(disk.lun !== undefined && !isBlock, () =>
        invalid(`${at}.lun`, `${at}.lun can only be mapped to a DataVolume or PersistentVolumeClaim volume.`),
      ),
      ...when(disk.lun?.reservation === true && !hasGate(policy, 'PersistentReservation'), () =>
        invalid(
          `${path}.domain.devices.disks.luns.reservation`,
          'PersistentReservation feature gate is not enabled in kubevirt-config',
        ),
      ),
      ...when(volume.downwardMetrics !== undefined && disk.disk === undefined, () =>
        required(`${at}.disk`, `DownwardMetrics volume must be mapped to a disk, but disk is not set on ${at}.disk.`),
      ),
    ]
  })
}

/** Instances only. The path without `devices` is KubeVirt's own. */
export const validateVolumesHaveDisks: SpecRule = (path, spec) => {
  const { disks = [], filesystems = [] } = spec.domain.devices
  const shown = new Set([...disks, ...filesystems].map((device) => device.name))
  return (spec.volumes ?? []).flatMap((volume, index) => {
    const field = `${path}.domain.volumes[${index}].name`
    return when(volume.memoryDump === undefined && !shown.has(volume.name), () =>
      invalid(field, `${field} '${volume.name}' not found.`),
    )
  })
}
