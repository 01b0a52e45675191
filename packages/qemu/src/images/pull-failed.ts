// Why an image could not be had, in words for the person who named it.

import { errorCode } from '../durable-file.ts'

export class PullFailed extends Error {
  /** The same question may have another answer soon: the network's or the registry's trouble, not the question's. */
  readonly isTransient: boolean
  /** How long the registry asks to be left alone. */
  readonly retryAfterMs: number | undefined
  constructor(message: string, options: ErrorOptions & { isTransient?: boolean; retryAfterMs?: number | undefined } = {}) {
    super(message, options)
    this.name = 'PullFailed'
    this.isTransient = options.isTransient ?? false
    this.retryAfterMs = options.retryAfterMs
  }
}

const networkWords: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name cannot be resolved: is there a network?',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was cut off',
  EPIPE: 'the connection was cut off',
  ENETUNREACH: 'there is no way to that network',
  EHOSTUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'it did not answer in time',
}

/** These do not mend themselves within a pull. */
const certificateTrouble = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)|CERTIFICATE/

/** What a request to `host` failed with, whatever fetch wrapped it in. */
export function networkFailure(host: string, error: unknown): PullFailed {
  if (error instanceof PullFailed) return error
  const { code, message } = innermost(error)
  if (certificateTrouble.test(code))
    return new PullFailed(
      `cannot speak to ${host} safely: ${message} (${code}). If it has no certificate that this machine trusts, name it in --insecure-registries or trust its authority with NODE_EXTRA_CA_CERTS`,
      { cause: error },
    )
  // The parser's way to say that the answer was TLS-less where TLS was spoken.
  if (code === 'EPROTO') return new PullFailed(`cannot speak to ${host} safely: it does not speak TLS`, { cause: error })
  return new PullFailed(`cannot reach ${host}: ${networkWords[code] ?? message}`, { cause: error, isTransient: true })
}

/** What a request failed with, for people: the innermost of what fetch wrapped it in. */
export function transportWords(error: unknown): string {
  const { code, message } = innermost(error)
  return networkWords[code] ?? (certificateTrouble.test(code) ? `${message} (${code})` : message)
}

function innermost(error: unknown): { code: string; message: string } {
  let last = error
  while (last instanceof Error && last.cause instanceof Error) last = last.cause
  const several = last instanceof AggregateError ? (last.errors[0] as unknown) : last
  const message = several instanceof Error ? several.message : String(several)
  return { code: errorCode(last) ?? errorCode(several) ?? '', message }
}

/** The disk's trouble and nobody else's. */
export class NoRoom extends PullFailed {}

export function diskFull(folder: string, cause: unknown): NoRoom {
  return new NoRoom(
    `no space left on the disk of ${folder}: free some, remove images that nobody needs (sheaf images), or move the data folder to a larger disk`,
    { cause },
  )
}
