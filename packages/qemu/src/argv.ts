// A launch plan as QEMU's argument vector. Pure: the same plan on the same site gives the same words, kept in argv.golden.

import { type BoardSite, boardArguments } from './argv/board.ts'
import { bootArguments } from './argv/boot.ts'
import { chassisArguments, deviceArguments } from './argv/devices.ts'
import { diskArguments } from './argv/disks.ts'
import { displayArguments, usbArguments } from './argv/display.ts'
import { type ChosenForward, networkArguments } from './argv/network.ts'
import { option } from './argv/option.ts'
import { virtioDevice } from './argv/virtio.ts'
import type { FirmwareFiles } from './firmware.ts'
import type { LaunchPlan } from './launch-plan.ts'
import { fileNames } from './state-files.ts'

/** What a plan does not say because it belongs to this host and this launch. */
export interface LaunchSite extends BoardSite {
  /** The machine's state folder, as an absolute path. It is also QEMU's working directory. */
  folder: string
  /** Needed by a plan with UEFI. `varsPath` is the machine's own copy. */
  firmware?: FirmwareFiles
  forwards: readonly ChosenForward[]
  /** The block sizes of the file systems below those disks that are to have the host's, by disk. */
  hostBlockSizes?: ReadonlyMap<string, number>
}

/** The arguments after the program's name. */
export function qemuArguments(plan: LaunchPlan, site: LaunchSite): string[] {
  return [
    ...identity(plan, site),
    ...confinement(),
    ...boardArguments(plan, site),
    ...bootArguments(plan, site.firmware),
    ...monitors(),
    ...serialConsole(plan),
    ...usbArguments(plan),
    ...diskArguments(plan, site),
    ...networkArguments(plan, site.forwards),
    ...displayArguments(plan),
    ...agentChannel(plan),
    ...deviceArguments(plan),
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
    ...chassisArguments(plan.chassis),
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

function serialConsole({ serialConsole: wanted }: LaunchPlan): string[] {
  if (wanted === 'none') return ['-serial', 'none']
  const socket = option('socket', {
    id: 'serial',
    path: fileNames.serialSocket,
    server: true,
    wait: false,
    ...(wanted === 'unlogged' ? {} : { logfile: fileNames.serialLog, logappend: true }),
  })
  return ['-chardev', socket, '-serial', 'chardev:serial']
}

/** The way to an agent in the guest, under the name by which agents look for it. Every machine has it: a guest may get one later. */
function agentChannel(plan: LaunchPlan): string[] {
  return [
    '-chardev',
    option('socket', { id: 'agent', path: fileNames.agentSocket, server: true, wait: false }),
    '-device',
    option(virtioDevice(plan, 'virtio-serial'), { id: 'channels' }),
    '-device',
    option('virtserialport', { id: 'agent', bus: 'channels.0', chardev: 'agent', name: 'org.qemu.guest_agent.0' }),
  ]
}
