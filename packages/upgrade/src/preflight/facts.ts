// What the checks before an upgrade look at. What could not be found out is undefined, and the check says so.

export interface PreflightFacts {
  installedVersion: string
  /** Undefined when no supervisor started this server: then nothing could switch to another release. */
  supervisorVersion: string | undefined
  release: ReleaseFacts
  nowMs: number
  disk: Room & { path: string }
  inodes: Room & { path: string }
  memory: Room
  /** Whether the system's clock is kept by a time service; undefined where it cannot be told. */
  clockIsKept: boolean | undefined
  /** When the certificate that the server shows ends. */
  certificateEndsMs: number
  /** When the authority ends that clients know the server by. */
  authorityEndsMs: number
  /** What is wrong with the store; undefined when it is whole. */
  storeProblem: string | undefined
  /** Names of what has to end first, each with its Kind: `VirtualMachineBackup default/nightly`. */
  inProgress: readonly string[]
  /** `namespace/name` of images that are being downloaded or uploaded, which goes on where it was. */
  imagesArriving: readonly string[]
  /** `namespace/name` of machines that are starting, stopping or migrating. */
  machinesInTransition: readonly string[]
  /** Machines that run without an object, or whose process could not be taken up. */
  machinesNotAdopted: readonly string[]
  /** Deprecated fields: how many stored objects use one, and which clients lately sent one. */
  deprecated: { stored: readonly { field: string; count: number }[]; clients: readonly string[] }
  qemu: { hostVersion: string | undefined; machinesOnOlder: readonly string[]; unsupportedMachineTypes: readonly string[] }
  /** What the last upgrade left behind. */
  leftovers: readonly string[]
}

/** Bytes, or a count. */
export interface Room {
  free: number
  needed: number
}

export interface ReleaseFacts {
  version: string
  minUpgradableVersion: string | undefined
  /** The oldest supervisor that can start it. */
  minSupervisorVersion: string | undefined
  signature: { state: 'trusted'; keyId: string } | { state: 'untrusted' | 'invalid' | 'missing'; message: string } | undefined
  releasedMs: number | undefined
  /** After this it is not installed any more: a newer one has mended something. */
  expiresMs: number | undefined
  /** Of the newest release that was ever installed or refused here, which nothing older may follow. */
  newestSeenVersion: string | undefined
  knownRisks: readonly { id: string; summary: string; mend: string }[]
}
