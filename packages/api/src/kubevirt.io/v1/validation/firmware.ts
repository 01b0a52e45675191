import type { FieldError } from '../../../meta/index.ts'
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

const diskBusesOfArm = ['virtio', 'scsi', 'usb']

/** Instances only: what an architecture cannot do. */
export const validateArchitecture: SpecRule = (path, { architecture, domain }, policy) => {
  const name = architecture || policy.architecture
  if (name === 'amd64') return []
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
