import type { FieldError } from '../../../meta/index.ts'
import type { Domain } from '../virtual-machine-instance-spec.ts'
import { validateImagePath } from './image-path.ts'
import { invalid, notSupported, required, type SpecRule, when } from './rule.ts'

/** What QEMU offers on each architecture, as KubeVirt names it in its message. */
const machineTypes: Readonly<Record<string, readonly string[]>> = {
  amd64: ['q35*', 'pc-q35*'],
  arm64: ['virt*'],
}

export const validateMachineType: SpecRule = (path, { architecture, domain }, policy) => {
  const type = domain.machine?.type
  const allowed = machineTypes[architecture || policy.architecture] ?? []
  if (!type || allowed.some((pattern) => type.startsWith(pattern.slice(0, -1)))) return []
  const field = `${path}.domain.machine.type`
  return [invalid(field, `${field} is not supported: ${type} (allowed values: [${allowed.join(' ')}])`)]
}

export const validateFirmware: SpecRule = (path, { domain }) => {
  const { bootloader, kernelBoot } = domain.firmware ?? {}
  const field = `${path}.domain.firmware.bootloader`
  const secureBoot = bootloader?.efi !== undefined && bootloader.efi.secureBoot !== false
  const smm = domain.features?.smm !== undefined && domain.features.smm.enabled !== false
  return [
    ...validateSerial(`${path}.domain.firmware.serial`, domain.firmware?.serial ?? ''),
    ...when(bootloader?.efi !== undefined && bootloader.bios !== undefined, () =>
      invalid(field, `${field} has both EFI and BIOS configured, but they are mutually exclusive.`),
    ),
    ...(kernelBoot === undefined ? [] : validateKernelBoot(`${path}.domain.firmware.kernelBoot`, kernelBoot)),
    ...when(secureBoot && !smm && domain.launchSecurity?.tdx === undefined, () =>
      invalid(
        `${path}.domain`,
        `${path}.domain has EFI SecureBoot enabled. SecureBoot requires SMM, which is currently disabled.`,
      ),
    ),
  ]
}

const maxSerialLength = 256

function validateSerial(field: string, serial: string): FieldError[] {
  return [
    ...when(serial.length > maxSerialLength, () =>
      invalid(field, `${field} must be less than or equal to ${maxSerialLength} in length, if specified`),
    ),
    ...when(serial !== '' && !/^[A-Za-z0-9_.+-]+$/.test(serial), () =>
      invalid(field, `${field} must be made up of the following characters [A-Za-z0-9_.+-], if specified`),
    ),
  ]
}

type KernelBoot = NonNullable<NonNullable<Parameters<SpecRule>[1]['domain']['firmware']>['kernelBoot']>

function validateKernelBoot(field: string, { container, kernelArgs }: KernelBoot): FieldError[] {
  if (container === undefined) {
    return when(Boolean(kernelArgs), () =>
      invalid(`${field}.kernelArgs`, 'kernel arguments cannot be provided without an external kernel'),
    )
  }
  const at = `${field}.container`
  return [
    ...when(!container.image, () => required(`${at}.image`, `${at} must be defined with an image`)),
    ...when(!container.kernelPath && !container.initrdPath, () =>
      required(at, `${at} must be defined with at least one of the following: kernelPath, initrdPath`),
    ),
    ...(container.kernelPath ? validateImagePath(`${at}.kernelPath`, container.kernelPath) : []),
    ...(container.initrdPath ? validateImagePath(`${at}.initrdPath`, container.initrdPath) : []),
  ]
}

function validateWatchdog(path: string, { devices }: Domain): FieldError[] {
  const { watchdog } = devices
  const isKnown = watchdog === undefined || (watchdog.i6300esb !== undefined && watchdog.diag288 === undefined)
  return when(!isKnown, () => notSupported(`${path}.domain.devices.watchdog`, 'amd64 only supports I6300ESB watchdog device'))
}

const videoTypes: readonly string[] = ['vga', 'cirrus', 'virtio', 'ramfb', 'bochs']

function validateVideoType(path: string, { devices }: Domain): FieldError[] {
  const { video } = devices
  return when(video !== undefined && !videoTypes.includes(video.type ?? ''), () =>
    notSupported(
      `${path}.domain.devices.video.type`,
      `video model '${video?.type ?? ''}' is not supported on amd64 architecture`,
    ),
  )
}

const diskBusesOfArm = ['virtio', 'scsi', 'usb']

/** Instances only: what an architecture cannot do. */
export const validateArchitecture: SpecRule = (path, { architecture, domain }, policy) => {
  const name = architecture || policy.architecture
  if (name === 'amd64') return [...validateWatchdog(path, domain), ...validateVideoType(path, domain)]
  if (name !== 'arm64') return [invalid(`${path}.architecture`, `unsupported architecture: ${name}`)]
  const model = domain.cpu?.model
  return [
    ...when(domain.firmware?.bootloader?.bios !== undefined, () =>
      notSupported(`${path}.domain.firmware.bootloader.bios`, 'Arm64 does not support bios boot, please change to uefi boot'),
    ),
    ...when(Boolean(model) && model !== 'host-passthrough', () =>
      notSupported(`${path}.domain.cpu.model`, 'currently, host-passthrough is the only model supported on Arm64'),
    ),
    ...(domain.devices.disks ?? []).flatMap((disk, index) => {
      const bus = disk.disk?.bus ?? disk.cdrom?.bus ?? disk.lun?.bus
      return when(bus !== undefined && !diskBusesOfArm.includes(bus), () =>
        notSupported(`${path}.domain.devices.disks[${index}]`, 'Arm64 not support this disk bus type, please use virtio or scsi'),
      )
    }),
  ]
}
