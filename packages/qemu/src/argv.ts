// A launch plan as QEMU's argument vector. Pure: the same plan on the same site gives the same words, kept in argv.golden.

import { diskArguments } from './argv/disks.ts'
import { type ChosenForward, networkArguments } from './argv/network.ts'
import { option } from './argv/option.ts'
import type { FirmwareFiles } from './firmware.ts'
import type { LaunchPlan } from './launch-plan.ts'
import { fileNames } from './state-files.ts'

/** What a plan does not say because it belongs to this host and this launch. */
export interface LaunchSite {
  /** The machine's state folder, as an absolute path. It is also QEMU's working directory. */
  folder: string
  accelerator: 'kvm' | 'tcg'
  /** Needed by a plan with UEFI. `varsPath` is the machine's own copy. */
  firmware?: FirmwareFiles
  forwards: readonly ChosenForward[]
}

/** Translated code is kept in this many MiB; QEMU's own default takes up to a gigabyte for each machine. */
const tcgCacheMiB = 64

/** Room for devices that are added to a running q35 machine: pcie.0 itself takes none after the start. */
const sparePorts = 3

/** The arguments after the program's name. */
export function qemuArguments(plan: LaunchPlan, site: LaunchSite): string[] {
  return [
    ...identity(plan, site),
    ...confinement(),
    ...board(plan, site),
    ...boot(plan, site),
    ...monitors(),
    ...serialConsole(),
    ...usbController(plan),
    ...diskArguments(plan, site.folder),
    ...networkArguments(plan, site.forwards),
    ...display(plan),
    ...agentChannel(plan),
    ...otherDevices(plan),
  ]
}

/** The pid file carries the folder's full path: it is locked by QEMU, and it tells whose process this is. */
function identity(plan: LaunchPlan, site: LaunchSite): string[] {
  const serial = plan.serialNumber === undefined ? [] : ['-smbios', option('type=1', { serial: plan.serialNumber })]
  return [
    '-name',
    option('', { guest: plan.name, 'debug-threads': true }),
    '-uuid',
    plan.uuid,
    ...serial,
    '-pidfile',
    `${site.folder}/${fileNames.pid}`,
  ]
}

function confinement(): string[] {
  return [
    '-nodefaults',
    '-no-user-config',
    '-sandbox',
    option('on', { obsolete: 'deny', elevateprivileges: 'deny', spawn: 'deny', resourcecontrol: 'deny' }),
  ]
}

/**
 * The machine always starts stopped: it may run only when somebody listens and the start is on record.
 * It never leaves by itself: an ended guest waits, paused, until somebody has asked it why.
 */
function board(plan: LaunchPlan, site: LaunchSite): string[] {
  const { model, sockets, cores, threads } = plan.cpu
  return [
    '-machine',
    machineType(plan),
    '-accel',
    site.accelerator === 'kvm' ? 'kvm' : option('tcg', { 'tb-size': tcgCacheMiB }),
    '-cpu',
    // Under emulation there is no host processor to pass on; `max` is what comes nearest.
    site.accelerator === 'tcg' && model === 'host' ? 'max' : model,
    '-smp',
    option('', { cpus: sockets * cores * threads, sockets, cores, threads }),
    '-m',
    option('', { size: `${Math.floor(plan.memoryBytes / 1024)}k` }),
    '-rtc',
    'base=utc',
    '-action',
    option('', { shutdown: 'pause', panic: 'pause', reboot: plan.onReboot === 'terminate' ? 'shutdown' : 'reset' }),
    '-S',
  ]
}

function machineType(plan: LaunchPlan): string {
  if (plan.machine === 'microvm') return option('microvm', { acpi: true, rtc: true })
  const isSecure = plan.firmware.kind === 'uefi' && plan.firmware.secureBoot
  return option('q35', { vmport: false, smm: isSecure ? true : undefined })
}

function boot(plan: LaunchPlan, site: LaunchSite): string[] {
  const { kernel } = plan
  const direct =
    kernel === undefined
      ? []
      : [
          '-kernel',
          kernel.kernelPath,
          ...(kernel.initrdPath === undefined ? [] : ['-initrd', kernel.initrdPath]),
          '-append',
          kernel.commandLine,
        ]
  if (plan.firmware.kind === 'bios') return direct
  if (site.firmware === undefined) throw new Error(`the plan ${plan.id} boots with UEFI and the site names no firmware`)
  return [...uefi(site.firmware, plan.firmware.secureBoot), ...direct]
}

function uefi({ codePath, varsPath }: FirmwareFiles, isSecure: boolean): string[] {
  // The guest may change its variables through system management mode only; else secure boot secures nothing.
  const guard = isSecure ? ['-global', 'driver=cfi.pflash01,property=secure,value=on', '-global', 'ICH9-LPC.disable_s3=1'] : []
  return [
    ...guard,
    '-drive',
    option('if=pflash', { unit: 0, format: 'raw', readonly: true, file: codePath }),
    '-drive',
    option('if=pflash', { unit: 1, format: 'raw', file: varsPath }),
  ]
}

/**
 * One monitor is ours and one is for tools, because a monitor serves one client at a time. What QEMU says on ours is
 * also written to a file by QEMU itself, whether or not we live: events that nobody heard are found there.
 */
function monitors(): string[] {
  const ours = option('socket', {
    id: 'qmp',
    path: fileNames.qmpSocket,
    server: true,
    wait: false,
    logfile: fileNames.events,
    logappend: true,
  })
  const tools = option('socket', { id: 'tools', path: fileNames.toolsSocket, server: true, wait: false })
  return [
    '-chardev',
    ours,
    '-mon',
    option('', { chardev: 'qmp', mode: 'control' }),
    '-chardev',
    tools,
    '-mon',
    option('', { chardev: 'tools', mode: 'control' }),
  ]
}

function serialConsole(): string[] {
  const socket = option('socket', {
    id: 'serial',
    path: fileNames.serialSocket,
    server: true,
    wait: false,
    logfile: fileNames.serialLog,
    logappend: true,
  })
  return ['-chardev', socket, '-serial', 'chardev:serial']
}

function usbController(plan: LaunchPlan): string[] {
  const isNeeded = plan.graphics || plan.disks.some((disk) => disk.bus === 'usb')
  return isNeeded ? ['-device', option('qemu-xhci', { id: 'usb' })] : []
}

/** A tablet tells absolute positions, without which a pointer in a remote console runs away from the mouse. */
function display(plan: LaunchPlan): string[] {
  if (!plan.graphics) return ['-display', 'none']
  const adapter = plan.firmware.kind === 'uefi' ? 'bochs-display' : option('VGA', { vgamem_mb: 16 })
  return [
    '-display',
    'none',
    '-device',
    adapter,
    '-device',
    option('usb-tablet', { bus: 'usb.0' }),
    '-vnc',
    `unix:${fileNames.vncSocket}`,
  ]
}

/** The way to an agent in the guest, under the name by which agents look for it. Every machine has it: a guest may get one later. */
function agentChannel(plan: LaunchPlan): string[] {
  const controller = plan.machine === 'microvm' ? 'virtio-serial-device' : 'virtio-serial-pci'
  return [
    '-chardev',
    option('socket', { id: 'agent', path: fileNames.agentSocket, server: true, wait: false }),
    '-device',
    option(controller, { id: 'channels' }),
    '-device',
    option('virtserialport', { id: 'agent', bus: 'channels.0', chardev: 'agent', name: 'org.qemu.guest_agent.0' }),
  ]
}

function otherDevices(plan: LaunchPlan): string[] {
  const isMicrovm = plan.machine === 'microvm'
  const rng = [
    '-object',
    option('rng-random', { id: 'rng', filename: '/dev/urandom' }),
    '-device',
    option(isMicrovm ? 'virtio-rng-device' : 'virtio-rng-pci', { rng: 'rng' }),
  ]
  const spares = Array.from({ length: isMicrovm ? 0 : sparePorts }, (_, index) => [
    '-device',
    option('pcie-root-port', { id: `spare${index}`, chassis: index + 1 }),
  ])
  return [...(plan.rng ? rng : []), ...(plan.panicDevice ? ['-device', 'pvpanic'] : []), ...spares.flat()]
}
