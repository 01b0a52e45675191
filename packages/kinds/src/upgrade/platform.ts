// What an upgrade does to the installation: its releases, its store, its journal. The server implements it; tests have one
// that is simulated, with faults.

import type { Journal } from './journal.ts'
import type { RollbackJournal } from './rollback/rollback-journal.ts'

export interface Platform {
  /** Names this process among those before and after it: what it began, it goes on with itself. */
  readonly process: string
  /** What runs now, and how the last trial ended. Parts are undefined when this server was not started by the supervisor. */
  installed(): Installed
  releases: Releases
  store: StoreCopies
  /** Runs the new release's program on a copy of the store. Throws when that could not be tried. */
  rehearse(version: string, id: string, signal: AbortSignal): Promise<Rehearsal>
  /** Again with the same id it goes on where it was; backward, what was never rewritten is left alone. Throws with a message. */
  migrate(run: MigrateRun): Promise<MigrationReport>
  /** Asks the supervisor. The process may be gone before it answers; the outcome of `installed()` tells afterwards. */
  switchTo(version: string, id: string, deadlineMs: number): Promise<{ kind: 'not-tried'; why: string } | { kind: 'handed-over' }>
  journal(id: string): Journal
  rollbackJournal(id: string): RollbackJournal
  log(id: string): UpgradeLogFile
  bundle(id: string): SupportBundle
  facts(): Promise<InstallationFacts>
  leftovers: Leftovers
  /** Of the platform, those that end within the time; clients go on. Throws when they cannot be renewed. */
  renewCertificates(withinMs: number): Promise<void>
  /** Journal, log, bundle and copies: as if it had never been. */
  forget(id: string): Promise<void>
}

export interface MigrateRun {
  /** Whose program does it. */
  version: string
  /** Of the upgrade in whose journal it is kept. */
  id: string
  direction: 'forward' | 'backward'
  /** Backward: migrations that stay. */
  keep?: readonly string[]
  /** Stores nothing. */
  isDryRun?: boolean
  onProgress?: OnProgress
  signal?: AbortSignal
}

export interface Installed {
  version: string
  supervisorVersion: string | undefined
  previous: string | undefined
  outcome: Outcome | undefined
}

/** How the last trial of a release ended. */
export interface Outcome {
  version: string
  /** Of the upgrade that asked for it. */
  id: string
  result: 'confirmed' | 'taken-back'
  why?: string
}

export type OnProgress = (done: number, of: number) => void

/** It is not what we install, or not whole: trying again would change nothing. The message is for people. */
export class ReleaseRefused extends Error {
  /** One word for programs. */
  readonly reason: string
  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** A release whose signature has been checked. */
export interface Release {
  version: string
  /** Of the trusted key that signed it. */
  keyId: string
  /** RFC 3339. */
  releaseDate: string
  expires?: string
  minUpgradableVersion?: string
  minSupervisorVersion?: string
  knownRisks: readonly { id: string; summary: string; mend: string }[]
  /** What it rewrites in the store, by name, in their order. */
  migrations: readonly string[]
  /** Its own description, as it was signed. */
  description: string
  /** Of its ISO. */
  sizeBytes: number
  /** The archive of the program, in the ISO, as the signed manifest has it. */
  payload: { path: string; sizeBytes: number; sha512: string; unpackedBytes: number; unpackedFiles: number }
}

export interface Releases {
  /** Reads every file once. Throws ReleaseRefused. */
  verify(iso: string, onProgress: OnProgress, signal?: AbortSignal): Promise<Release>
  /** What the signature covers, quickly. Throws ReleaseRefused. */
  inspect(iso: string): Promise<Release>
  /** Whole or not at all. Throws ReleaseRefused when what arrives is not what was signed; anything else may be tried again. */
  fetch(source: PayloadSource, release: Release, onProgress: OnProgress, signal: AbortSignal): Promise<void>
  /** Versions that are unpacked. */
  list(): Promise<string[]>
  /** Migrations that an unpacked release knows; none where it does not say. */
  migrationsOf(version: string): Promise<readonly string[]>
  discard(version: string): Promise<void>
  /** The host serves the ISO's files itself, read-only; answers its base URL. Ends with close. */
  serveIso(iso: string): Promise<{ url: string; close(): Promise<void> }>
}

/** `url` is the base below which the ISO's files are. */
export type PayloadSource = { kind: 'url'; url: string } | { kind: 'iso'; path: string }

export interface StoreCopies {
  copy(id: string): Promise<void>
  hasCopy(id: string): Promise<boolean>
  removeCopies(id: string): Promise<void>
}

export interface Rehearsal {
  ok: boolean
  /** Sentences: what the new release could not do with what is stored. */
  problems: readonly string[]
  /** How many objects it would rewrite. */
  changes: number
  tookMs: number
}

export interface MigrationReport {
  /** Names of the migrations that were carried out, in their order. */
  migrations: readonly string[]
  changed: number
  /** Sentences: what stays as it is, and why. */
  left: readonly string[]
}

export interface UpgradeLogFile {
  append(line: UpgradeLogLine): void
  path: string
  read(fromByte?: number): AsyncIterable<Uint8Array>
}

export interface UpgradeLogLine {
  /** RFC 3339. */
  time: string
  level: 'info' | 'warn' | 'error'
  station?: string
  message: string
}

/** A tar.gz of texts, for whoever is to find out what went wrong. */
export interface SupportBundle {
  make(files: readonly { name: string; text: string }[]): Promise<void>
  /** Undefined when none was made. */
  read(): Promise<AsyncIterable<Uint8Array> | undefined>
}

/** What only the host can tell; the rest of what the checks look at comes from the API. */
export interface InstallationFacts {
  /** Bytes that there is room for, where it is tightest. */
  disk: { path: string; freeBytes: number }
  /** Files that can be made, where it is tightest. */
  inodes: { path: string; freeFiles: number }
  /** Of the store, which is copied. */
  storeBytes: number
  /** What is wrong with the store; undefined when it is whole. */
  storeProblem: string | undefined
  /** Whether a time service keeps the clock; undefined where it cannot be told. */
  clockIsKept: boolean | undefined
  /** When the certificate that the server shows ends. */
  certificateEndsMs: number
  /** When the authority ends that clients know the server by. */
  authorityEndsMs: number
  /** Undefined when QEMU cannot be asked. */
  qemuVersion: string | undefined
}

/** What upgrades left behind on the disk. `keep`: ids of those that still need what is theirs. */
export interface Leftovers {
  find(keep: readonly string[]): Promise<string[]>
  remove(keep: readonly string[]): Promise<void>
}
