// Which plans can never be carried out, on whatever host. Pure: a list of sentences, empty for a good plan.

import { isAbsolute } from 'node:path'
import { isTimezone } from './local-time.ts'
import { LaunchRefused } from './hypervisor.ts'
import type { Disk, LaunchPlan, NetworkInterface } from './launch-plan.ts'

/** Also keeps an id from being a path: no dot, no slash. */
const idPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const namePattern = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/i
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** No comma, by which another setting would begin. */
const wordPattern = /^[a-z0-9][a-z0-9_.-]{0,63}$/i
const pciPattern = /^0000:00:[01][0-9a-f]\.[0-7]$/i
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
      [...plan.disks, ...plan.interfaces].flatMap(({ bootOrder }) => (bootOrder === undefined ? [] : [String(bootOrder)])),
    ),
    ...processorProblems(plan),
    ...sayIf(
      plan.machineType !== undefined && !wordPattern.test(plan.machineType),
      `${JSON.stringify(plan.machineType)} is no name of a machine type`,
    ),
    ...sayIf(
      plan.hugepageBytes !== undefined && plan.memoryBytes % plan.hugepageBytes !== 0,
      `${plan.memoryBytes} bytes of memory are not a whole number of huge pages of ${plan.hugepageBytes} bytes`,
    ),
    ...sayIf(
      plan.clock?.shows?.kind === 'timezone' && !isTimezone(plan.clock.shows.name),
      `${JSON.stringify(plan.clock?.shows)} is no time zone; name one as Europe/Berlin`,
    ),
    // QEMU 7.2 puts the initrd right below where it expects the tables of ACPI, and does not reckon with the log of a TPM there:
    // they are overwritten, and the guest has neither a TPM nor a power button.
    ...sayIf(
      plan.tpm !== undefined && plan.kernel?.initrdPath !== undefined && plan.firmware.kind === 'bios',
      'a TPM and an initrd that is given directly do not go together with BIOS; boot from a disk, or with UEFI',
    ),
    ...sayIf(
      plan.keepsUnder !== undefined && !isMachineId(plan.keepsUnder),
      `what is kept is named ${JSON.stringify(plan.keepsUnder)}; it must be 1 to 63 lower-case letters, digits and dashes`,
    ),
    ...plan.disks.flatMap((disk) => diskProblems(disk, plan)),
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

/** What is written on the command line as it is. */
function processorProblems({ cpu }: LaunchPlan): string[] {
  return [
    ...sayIf(!wordPattern.test(cpu.model), `${JSON.stringify(cpu.model)} is no name of a processor model`),
    ...Object.keys(cpu.settings ?? {}).flatMap((name) =>
      sayIf(!wordPattern.test(name), `${JSON.stringify(name)} is no name of a processor feature`),
    ),
  ]
}

function diskProblems(disk: Disk, { ioThreads = 0 }: LaunchPlan): string[] {
  const named = `disk ${JSON.stringify(disk.name)}`
  return [
    ...sayIf(!namePattern.test(disk.name), `${named} must be named by 1 to 63 letters, digits, dots and dashes`),
    ...sayIf(
      disk.bootOrder !== undefined && !(Number.isInteger(disk.bootOrder) && disk.bootOrder >= 1),
      `${named} has boot order ${disk.bootOrder}; count from 1`,
    ),
    ...sayIf(
      disk.io === 'native' && disk.cache !== 'none',
      `${named} asks for native input and output, which the host's cache cannot give; set its cache to none`,
    ),
    ...sayIf(
      disk.shareable === true && disk.source.kind !== 'file',
      `${named} is to be shared, and its content is made for this machine alone; share a disk that is a file of its own`,
    ),
    ...sayIf(
      disk.ioThread !== undefined && disk.ioThread > ioThreads,
      `${named} names I/O thread ${disk.ioThread} of ${ioThreads}`,
    ),
    ...placeProblems(named, disk.pciAddress),
    ...sayIf(
      disk.pciAddress !== undefined && disk.bus !== 'virtio',
      `${named} is on ${disk.bus} and has no place on PCI of its own; put it on virtio`,
    ),
    ...sayIf(disk.source.kind === 'empty' && !(disk.source.sizeBytes > 0), `${named} is empty and has no size`),
    ...sayIf(disk.source.kind === 'file' && !((disk.source.createBytes ?? 1) > 0), `${named} is to be made and has no size`),
  ]
}

function placeProblems(named: string, address: string | undefined): string[] {
  return sayIf(
    address !== undefined && !pciPattern.test(address),
    `${named} is to be at ${address}; places are those on the root bus, such as 0000:00:08.0`,
  )
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
    ...sayIf(
      each.bootOrder !== undefined && !(Number.isInteger(each.bootOrder) && each.bootOrder >= 1),
      `${named} has boot order ${each.bootOrder}; count from 1`,
    ),
    ...placeProblems(named, each.pciAddress),
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
    ...sayIf(
      plan.watchdog !== undefined || plan.tpm !== undefined || plan.sound !== undefined || plan.tablets !== undefined,
      'microvm has neither a watchdog nor a TPM nor sound nor pointers; use q35',
    ),
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
