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
  cpu: { model: string; sockets: number; cores: number; threads: number }
  memoryBytes: number
  firmware: { kind: 'bios' } | { kind: 'uefi'; secureBoot: boolean }
  /** Boots this kernel directly instead of a disk. */
  kernel?: { kernelPath: string; initrdPath?: string; commandLine: string }
  disks: readonly Disk[]
  interfaces: readonly NetworkInterface[]
  graphics: boolean
  rng: boolean
  /** A device by which the guest's kernel tells its panic. */
  panicDevice: boolean
  /** What a reboot by the guest does. */
  onReboot: 'restart' | 'terminate'
  startPaused: boolean
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
  model: 'virtio-net' | 'e1000e' | 'e1000' | 'rtl8139'
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
