// What this host can give a machine, as it is now. Asked before a launch, so that what is lacking is told instead of tried.

export interface Capabilities {
  /** Undefined when QEMU cannot be asked: the launch will say why. */
  emulator: EmulatorCapabilities | undefined
  processors: number
  /** The program that emulates a TPM is there. */
  hasTpmEmulator: boolean
  /** The host's huge pages, by their size in bytes. */
  hugepages: ReadonlyMap<number, { total: number; free: number }>
  /** For one more machine. */
  memoryBytes: number
}

export interface EmulatorCapabilities {
  /** As `7.2.0`. */
  version: string
  accelerator: 'kvm' | 'tcg'
  /** The names of processor models, each with the features that it has and this host cannot give. */
  processorModels: ReadonlyMap<string, readonly string[]>
  /** The names of features, and whether this host can give them. */
  processorFeatures: ReadonlyMap<string, boolean>
  machineTypes: ReadonlySet<string>
  /** QEMU's names of the devices that it has. */
  devices: ReadonlySet<string>
}
