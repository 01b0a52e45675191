// Time and chance come in from outside, so that a test can own them.

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `run` once after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer
}

export interface Random {
  uuid(): string
  /** A whole number from 0 up to, not including, `bound`. */
  below(bound: number): number
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(clock: Clock): string {
  const second = Math.floor(clock.now() / 1000)
  // Asked for several times with every write.
  if (second !== lastSecond) {
    lastTimestamp = new Date(second * 1000).toISOString().replace('.000Z', 'Z')
    lastSecond = second
  }
  return lastTimestamp
}

let lastSecond: number | undefined
let lastTimestamp = ''
