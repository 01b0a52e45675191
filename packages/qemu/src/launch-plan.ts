// How a machine is to be run, in plain values. argv.ts turns a plan into QEMU's argument vector; whoever makes the
// plan has already decided everything that is a matter of policy.

export interface LaunchPlan {
  /** Names the state folder: lower-case letters, digits and dashes, 1 to 63 characters. */
  id: string
  /** For people who read the process list. */
  name: string
  /** What the firmware tells the guest. */
  uuid: string
  serialNumber?: string
  /**
   * On microvm under QEMU 7.2 Linux loses its first timer interrupt in half of all boots and hangs, unless the command line of its
   * kernel has `no_timer_check lpj=4000000 tsc_early_khz=2000000`. It also has only virtio disks and interfaces, and needs `kernel`
   * or a BIOS boot disk.
   */
  machine: 'q35' | 'microvm'
  /** A certain version of it, by QEMU's name: `pc-q35-7.2`. Absent: the newest. */
  machineType?: string
  cpu: Processor
  memoryBytes: number
  /** The guest's memory is taken from the host's pages of this size. */
  hugepageBytes?: number
  /** What must be free on the host when it starts, where that is not simply its memory and what QEMU needs beside it. */
  promisedBytes?: number
  firmware:
    | { kind: 'bios'; usesSerial?: true }
    /** `keepsVariables`: they are kept under `keepsUnder`. */
    | { kind: 'uefi'; secureBoot: boolean; keepsVariables?: true }
  /** System management mode, where it is not QEMU's to decide. Secure boot has it always. */
  smm?: boolean
  /** The guest is not told of ACPI, so it has no power button either. */
  acpi?: false
  clock?: Clock
  /** Boots this kernel directly instead of a disk. */
  kernel?: { kernelPath: string; initrdPath?: string; commandLine: string }
  disks: readonly Disk[]
  interfaces: readonly NetworkInterface[]
  graphics: boolean
  /** The adapter of the display. Absent: whichever the firmware can do most with. */
  video?: 'vga' | 'cirrus' | 'virtio' | 'ramfb' | 'bochs'
  /** Pointers that tell absolute positions. Absent: one, if there is a display. */
  tablets?: readonly ('usb' | 'virtio')[]
  sound?: 'ich9' | 'ac97'
  /** Absent: one that is kept in a log. */
  serialConsole?: 'none' | 'unlogged'
  rng: boolean
  /** By which a guest gives memory back. */
  balloon?: { reportsFreePages: boolean }
  /** A device by which the guest's kernel tells its panic: on the ISA bus, or on PCI. */
  panicDevice: boolean | 'pci'
  /** What happens when the guest has not fed it in time. `poweroff` ends the machine, by `watchdog`. */
  watchdog?: { action: 'reset' | 'shutdown' | 'poweroff' }
  /** `isKept`: its memory is kept under `keepsUnder`; else it is a new one for each machine. */
  tpm?: { interface: 'tis' | 'crb'; isKept: boolean }
  /** The name under which that is kept which outlives the machine, for the next one of this name. */
  keepsUnder?: string
  /** What the guest reads of its case. */
  chassis?: Chassis
  /** Devices that guests from before virtio 1.0 know as well. */
  virtio?: 'transitional'
  /** Nothing is ever added to it while it runs. */
  hotplug?: false
  /** Threads that serve disks, numbered from 1. */
  ioThreads?: number
  /** What a reboot by the guest does. */
  onReboot: 'restart' | 'terminate'
  startPaused: boolean
}

export interface Processor {
  /** By QEMU's name. `host` is what this host has, or comes nearest to it. */
  model: string
  sockets: number
  cores: number
  threads: number
  /** What differs from the model, by the names of QEMU's properties: features, and what KVM tells the guest. */
  settings?: Readonly<Record<string, boolean | number | string>>
}

export interface Clock {
  /** What the guest's clock shows at its start: the host's time and so many seconds, or that of a time zone. Absent: UTC. */
  shows?: { kind: 'utc'; offsetSeconds: number } | { kind: 'timezone'; name: string }
  /** The clock stands still with the guest, instead of following the host's. */
  stopsWithGuest?: true
  /** Ticks that the guest missed are made up for, faster than they came. */
  catchesUp?: true
  /** Only where it is not to be there. */
  hpet?: false
  pit?: false
  /** What becomes of the PIT's ticks that the guest missed. KVM only. */
  pitTicks?: 'delay' | 'discard'
}

export interface Chassis {
  manufacturer?: string
  version?: string
  serial?: string
  asset?: string
  sku?: string
}

export interface Disk {
  /** Unique in the plan; the device id derives from it. */
  name: string
  device: 'disk' | 'cdrom'
  bus: 'virtio' | 'scsi' | 'sata' | 'usb'
  readOnly: boolean
  /** 1 boots first. */
  bootOrder?: number
  serial?: string
  cache?: 'none' | 'writeback' | 'writethrough'
  /** `native` needs cache `none`. */
  io?: 'native' | 'threads'
  /** What an error of the host's disk does: pauses the machine, is kept from the guest, is told to it; or pauses it only when the disk is full. */
  onError?: 'stop' | 'ignore' | 'report' | 'enospace'
  /** What the guest is told. `host`: as the file system that holds the disk. */
  blockSize?: 'host' | { logical: number; physical: number; discardGranularity?: number }
  /** Other machines may write to it at the same time. */
  shareable?: true
  /** The place on PCI, `0000:00:08.0`. Only virtio disks have one of their own. */
  pciAddress?: string
  /** Which of the plan's I/O threads serves it. */
  ioThread?: number
  /** How many of its requests the guest's processors can begin at once. Absent: QEMU decides. */
  queues?: number
  source: DiskSource
}

export type DiskSource =
  /** Writes go to a fresh qcow2 overlay in the state folder; the backing file is never written. */
  | { kind: 'overlay'; backingFile: string; backingFormat: 'qcow2' | 'raw' }
  /** The file itself, written in place. With `createBytes` a raw one that is not there is made, of that size. */
  | { kind: 'file'; path: string; format: 'qcow2' | 'raw'; createBytes?: number }
  /** An empty qcow2 image in the state folder. */
  | { kind: 'empty'; sizeBytes: number }
  /** A small ISO 9660 volume with these files, by their paths in it (`openstack/latest/user_data`), made in the state folder. */
  | { kind: 'seed'; label: string; files: Readonly<Record<string, SeedContent>> }

/** Text, or bytes: a plan is kept as JSON. */
export type SeedContent = string | { base64: string }

export interface NetworkInterface {
  name: string
  /** `02:…`, lower case. */
  macAddress: string
  model: 'virtio-net' | 'e1000e' | 'e1000' | 'rtl8139' | 'igb' | 'ne2k_pci' | 'pcnet'
  /** 1 boots first, among the disks too. Without a place in the order the firmware does not look there. */
  bootOrder?: number
  pciAddress?: string
  /** By which the guest's system may name it. */
  acpiIndex?: number
  forwards: readonly PortForward[]
  /** `down`: the guest sees a cable that is not plugged in. */
  link?: 'up' | 'down'
  /** The network that the guest sees; QEMU's own, 10.0.2.0/24, when there is none. */
  subnet?: Subnet
  /** Switches IPv6 on, with this network: `fd10:0:2::/64`. */
  ipv6Subnet?: string
  /** What DHCP tells the guest beside its address. */
  dhcp?: DhcpAnswers
}

export interface Subnet {
  /** `10.11.12.0/24` */
  cidr: string
  gateway: string
  /** The address that DHCP gives. */
  guest: string
  /** Where QEMU answers for the host's name server. */
  nameServer: string
}

export interface DhcpAnswers {
  hostname?: string
  domain?: string
  searches?: readonly string[]
  /** Instead of the address at which QEMU answers for the host's. */
  nameServer?: string
  bootFile?: string
  tftpServer?: string
}

export interface PortForward {
  name: string
  protocol: 'tcp' | 'udp'
  hostAddress: string
  /** `any`: a free port is chosen at the first launch and kept in the state folder. */
  hostPort: number | 'any'
  guestPort: number
}
