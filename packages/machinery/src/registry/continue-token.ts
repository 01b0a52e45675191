// Where a list goes on: the snapshot it is read from and the last key given. In Kubernetes' form, opaque to clients.

import { badRequest, isJsonObject } from '@sheaf/api/meta'

export interface ContinueToken {
  /** −1: the snapshot is gone, and the client has agreed to go on with what is there now. */
  revision: number
  /** The last key given, without the resource's prefix. */
  after: string
}

const version = 'meta.k8s.io/v1'
export const inconsistentRevision = -1

export function encodeContinue({ revision, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: version, rv: revision, start: `${after}\u0000` })).toString('base64url')
}

/** Throws BadRequest for a token that no list has given. */
export function decodeContinue(text: string): ContinueToken {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (isJsonObject(token) && token.v === version) {
      const { rv, start } = token
      const isRevision = typeof rv === 'number' && Number.isSafeInteger(rv) && (rv > 0 || rv === inconsistentRevision)
      if (isRevision && typeof start === 'string') return { revision: rv, after: start.replace(/\0$/, '') }
    }
  } catch {
    // Told below.
  }
  throw badRequest('continue key is not valid: use the value of metadata.continue of the page before, as it was given')
}
