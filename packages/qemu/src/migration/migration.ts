// The move of a running machine into a new process of QEMU on the same host: what is told of it, and what is on record.

import type { ProcessIdentity } from '../process-identity.ts'

/** The latest move of a machine. */
export interface Migration {
  /** By which whoever asked for it finds it again. */
  name: string
  /** RFC 3339. */
  startedAt: string
  /** Of the QEMU that ran the machine before. */
  fromVersion: string
  /** Of the QEMU that it was to be moved to. */
  toVersion: string
  progress?: MigrationProgress
  /** Absent while it is under way. */
  outcome?: MigrationOutcome
}

export interface MigrationProgress {
  transferredBytes: number
  remainingBytes: number
}

export type MigrationOutcome =
  | {
      kind: 'succeeded'
      /** RFC 3339. */
      at: string
      /** How long the guest stood still, by QEMU's measure. Absent when the process that could tell was gone already. */
      pausedMs?: number
      /** From the first byte to the last. */
      totalMs?: number
      transferredBytes?: number
    }
  /** The machine runs on as before, unless it has come to its end meanwhile. */
  | { kind: 'failed'; at: string; reason: MigrationFailure; message: string }

export type MigrationFailure =
  /** Somebody asked for that, or the machine was to end. */
  | 'Cancelled'
  /** It took too long: the guest changes its memory faster than it can be copied. */
  | 'TimedOut'
  /** QEMU did not start, or gave up. */
  | 'QemuFailed'
  /** The machine ended while it was moved. */
  | 'MachineEnded'

/** What lies in the state folder from before there is a second process: which of the two is the source, and what was asked. */
export interface MigrationRecord extends Omit<Migration, 'progress'> {
  source: ProcessIdentity & { bootId: string }
}

/** Why a machine cannot be moved. */
export type MigrationObstacle =
  | 'Tpm'
  | 'Unversioned'
  | 'OlderQemu'
  | 'MachineType'
  | 'Hugepages'
  | 'NoMemory'
  | 'DiskFailed'
  | 'QemuRefuses'
  | 'UnderWay'

/** The machine cannot be moved; the message says why, and what would mend it. Nothing was begun. */
export class MigrationRefused extends Error {
  readonly obstacle: MigrationObstacle
  constructor(obstacle: MigrationObstacle, message: string) {
    super(message)
    this.name = 'MigrationRefused'
    this.obstacle = obstacle
  }
}
