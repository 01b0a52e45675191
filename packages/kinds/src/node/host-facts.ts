// What a Node object tells about this machine. The server reads it from the operating system; tests make it up.

export interface HostFacts {
  /** As it is now. */
  read(): Promise<HostState>
}

export interface HostState {
  hostname: string
  /** By which others reach this machine, the best one first. May be empty. */
  addresses: readonly string[]
  cpus: number
  memoryBytes: number
  memoryAvailableBytes: number
  /** Of the file system that holds the guests' disks. */
  diskBytes: number
  diskAvailableBytes: number
  /** Whether a guest really runs on KVM here: the device is there, may be opened, and answers. */
  kvmIsUsable: boolean
  /** In Go's words, as Kubernetes has it: `amd64`, `arm64`. */
  architecture: string
  kernelVersion: string
  /** `Debian GNU/Linux 13 (trixie)` */
  osImage: string
  machineId: string
  systemUuid: string
  bootId: string
  /** Sheaf's own release. */
  softwareVersion: string
  /** What runs the guests: `qemu://10.0.2`. */
  runtimeVersion: string
}
