// Where releases are published, as the server gives it: a web server, or a folder of this machine.

export interface OfferedRelease {
  /** Its version, which is the name of the Version. */
  name: string
  isoURL: string
  isoChecksum?: string
  releaseDate?: string
  minUpgradableVersion?: string
  tags?: readonly string[]
}

export interface SourceSight {
  offered: readonly OfferedRelease[]
  /** Names of what is there and could not be read this time: what was made of them before stays. */
  unread: readonly string[]
  /** Sentences about what is not offered though somebody may have meant it to be. */
  problems: readonly string[]
}

export interface ReleaseSource {
  /** The address or the path, for people. */
  readonly place: string
  /** Reads and tells nobody anything. Throws when the place as a whole cannot be read. */
  look(signal: AbortSignal): Promise<SourceSight>
}
