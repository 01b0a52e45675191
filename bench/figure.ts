export interface Figure {
  what: string
  measured: string
  against: string
  /** Measured over its limit or peer. */
  ratio: number
  /** Above this the promise is broken. */
  most: number
}
