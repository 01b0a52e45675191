// What an upgrade does to the installation. The server implements it; tests have one that is simulated.

export interface Platform {
  store: StoreCopies
  /** Runs the new release's program on a copy of the store. Throws when that could not be tried. */
  rehearse(version: string, id: string, signal: AbortSignal): Promise<Rehearsal>
  /** Again with the same id it goes on where it was; backward, what was never rewritten is left alone. Throws with a message. */
  migrate(
    version: string,
    id: string,
    direction: 'forward' | 'backward',
    onProgress: OnProgress,
    signal: AbortSignal,
  ): Promise<MigrationReport>
}

export type OnProgress = (done: number, of: number) => void

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
