// What an upgrade does to the installation. The server implements it; tests have one that is simulated.

export interface Platform {
  /** What runs now, and how the last trial ended. Parts are undefined when this server was not started by the supervisor. */
  installed(): Installed
  /** Asks the supervisor. The process may be gone before it answers; the outcome of `installed()` tells afterwards. */
  switchTo(version: string, id: string, deadlineMs: number): Promise<{ kind: 'not-tried'; why: string } | { kind: 'handed-over' }>
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
