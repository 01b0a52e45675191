// Which plans can never be carried out, on whatever host. Pure: a list of sentences, empty for a good plan.

import { isAbsolute } from 'node:path'
import { LaunchRefused } from './hypervisor.ts'
import type { Disk, LaunchPlan, NetworkInterface } from './launch-plan.ts'

/** Also keeps an id from being a path: no dot, no slash. */
const idPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const namePattern = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/i
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const macPattern = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/

/** The AHCI controller of q35 has this many ports. */
const maxSataDisks = 6
/** What QEMU itself refuses to exceed on q35 without an interrupt remapper. */
const maxCpus = 255
/** Below this even the firmware does not start. */
const minMemoryBytes = 1024 * 1024

export function isMachineId(id: string): boolean {
  return idPattern.test(id)
}

/** Throws LaunchRefused `InvalidPlan` that names everything wrong with the plan. */
export function assertValidPlan(plan: LaunchPlan): void {
  const problems = planProblems(plan)
  if (problems.length > 0) throw new LaunchRefused('InvalidPlan', `machine ${plan.id} cannot be launched: ${problems.join('; ')}`)
}

export function planProblems(plan: LaunchPlan): string[] {
  const cpus = plan.cpu.sockets * plan.cpu.cores * plan.cpu.threads
  return [
    ...sayIf(!isMachineId(plan.id), `id ${JSON.stringify(plan.id)} must be 1 to 63 lower-case letters, digits and dashes`),
    ...sayIf(!uuidPattern.test(plan.uuid), `uuid ${JSON.stringify(plan.uuid)} must be written as 8-4-4-4-12 hexadecimal digits`),
    ...sayIf(
      !(Number.isInteger(cpus) && cpus >= 1 && cpus <= maxCpus),
      `${cpus} processors were asked for; 1 to ${maxCpus} are possible`,
    ),
    ...sayIf(!(plan.memoryBytes >= minMemoryBytes), `${plan.memoryBytes} bytes of memory were asked for; give it 1 MiB or more`),
    ...duplicates(
      'disk',
      plan.disks.map((disk) => disk.name),
    ),
    ...duplicates(
      'interface',
      plan.interfaces.map((each) => each.name),
    ),
    ...duplicates(
      'forward',
      plan.interfaces.flatMap((each) => each.forwards.map((forward) => forward.name)),
    ),
    ...duplicates(
      'boot order',
      plan.disks.flatMap((disk) => (disk.bootOrder === undefined ? [] : [String(disk.bootOrder)])),
    ),
    ...plan.disks.flatMap(diskProblems),
    ...givenPaths(plan).flatMap((path) =>
      sayIf(!isAbsolute(path), `the path ${JSON.stringify(path)} must be absolute: QEMU runs in a folder of its own`),
    ),
    ...sayIf(
      plan.disks.filter((disk) => disk.bus === 'sata').length > maxSataDisks,
      `sata has room for ${maxSataDisks} disks; put the others on scsi or virtio`,
    ),
    ...plan.interfaces.flatMap(interfaceProblems),
    ...(plan.machine === 'microvm' ? microvmProblems(plan) : []),
  ]
}

function diskProblems(disk: Disk): string[] {
  const named = `disk ${JSON.stringify(disk.name)}`
  return [
    ...sayIf(!namePattern.test(disk.name), `${named} must be named by 1 to 63 letters, digits, dots and dashes`),
    ...sayIf(
      disk.bootOrder !== undefined && !(Number.isInteger(disk.bootOrder) && disk.bootOrder >= 1),
      `${named} has boot order ${disk.bootOrder}; count from 1`,
    ),
    ...sayIf(disk.source.kind === 'empty' && !(disk.source.sizeBytes > 0), `${named} is empty and has no size`),
    ...sayIf(disk.source.kind === 'file' && !((disk.source.createBytes ?? 1) > 0), `${named} is to be made and has no size`),
  ]
}

function interfaceProblems(each: NetworkInterface): string[] {
  const named = `interface ${JSON.stringify(each.name)}`
  const isMulticast = (Number.parseInt(each.macAddress.slice(0, 2), 16) & 1) === 1
  return [
    ...sayIf(!namePattern.test(each.name), `${named} must be named by 1 to 63 letters, digits, dots and dashes`),
    ...sayIf(
      !macPattern.test(each.macAddress) || isMulticast,
      `${named} has the MAC address ${each.macAddress}; write a unicast one as 02:00:00:00:00:01`,
    ),
    ...each.forwards.flatMap((forward) => [
      ...sayIf(!isPort(forward.guestPort), `forward ${forward.name} leads to port ${forward.guestPort}; ports are 1 to 65535`),
      ...sayIf(
        forward.hostPort !== 'any' && !isPort(forward.hostPort),
        `forward ${forward.name} listens on port ${forward.hostPort}; ports are 1 to 65535`,
      ),
      ...sayIf(
        !/^\d{1,3}(\.\d{1,3}){3}$/.test(forward.hostAddress),
        `forward ${forward.name} listens on ${JSON.stringify(forward.hostAddress)}; give an IPv4 address`,
      ),
    ]),
  ]
}

/** microvm has neither PCI nor AHCI nor flash memory. */
function microvmProblems(plan: LaunchPlan): string[] {
  return [
    ...sayIf(plan.firmware.kind === 'uefi', 'microvm has no UEFI; use q35'),
    ...sayIf(plan.graphics, 'microvm has no graphics; use q35'),
    ...plan.disks.flatMap((disk) =>
      sayIf(
        disk.bus === 'sata' || disk.bus === 'usb',
        `disk "${disk.name}" is on ${disk.bus}, which microvm lacks; use virtio or scsi`,
      ),
    ),
    ...plan.interfaces.flatMap((each) =>
      sayIf(each.model !== 'virtio-net', `interface "${each.name}" is an ${each.model}, which microvm lacks; use virtio-net`),
    ),
  ]
}

/** The files that a plan names and that must be there before a launch. */
export function givenPaths(plan: LaunchPlan): string[] {
  const ofDisks = plan.disks.flatMap(({ source }) => {
    if (source.kind === 'overlay') return [source.backingFile]
    return source.kind === 'file' && source.createBytes === undefined ? [source.path] : []
  })
  return [plan.kernel?.kernelPath, plan.kernel?.initrdPath, ...ofDisks].filter((path) => path !== undefined)
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535

const sayIf = (isWrong: boolean, problem: string): string[] => (isWrong ? [problem] : [])

function duplicates(noun: string, names: readonly string[]): string[] {
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  return [...twice].map((name) => `the ${noun} ${name} is given twice`)
}
