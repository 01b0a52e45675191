// How a refusal or a failure goes out.

import type { ApiResponse } from '@sheaf/api/client'
import { internalError, qualifiedResource, StatusError, storageFull } from '@sheaf/api/meta'
import { RevisionInFuture, StoreClosed, StoreFull } from '../store/store.ts'
import { plainForm } from './negotiation.ts'
import { presentValue } from './present.ts'

/** A method that a path does not take; the answer names those that it does. */
export class MethodNotAllowed extends StatusError {
  readonly allow: string

  constructor(allow: readonly string[], message = 'the server does not allow this method on the requested resource') {
    super(405, 'MethodNotAllowed', message, {})
    this.allow = allow.join(', ')
  }
}

export function verbNotSupported(
  definition: { group: string; plural: string },
  verb: string,
  allow: readonly string[],
): StatusError {
  return new MethodNotAllowed(allow, `${verb} is not supported on resources of kind "${qualifiedResource(definition)}"`)
}

/** What everything that was thrown is to a client. */
export function refusalOf(error: unknown, storeDescription: string): StatusError {
  if (error instanceof StatusError) return error
  if (error instanceof StoreFull) return storageFull(storeDescription)
  if (error instanceof StoreClosed) return new StatusError(503, 'ServiceUnavailable', 'the server is shutting down: try again')
  if (error instanceof RevisionInFuture)
    return new StatusError(504, 'Timeout', `Timeout: ${error.message}`, { retryAfterSeconds: 1 })
  return internalError(error)
}

export function presentRefusal(refusal: StatusError, pretty: boolean): ApiResponse {
  const response = presentValue(refusal.code, refusal.toStatus(), { form: plainForm, pretty })
  const retryAfter = refusal.details?.retryAfterSeconds
  return {
    ...response,
    headers: {
      ...response.headers,
      ...(refusal instanceof MethodNotAllowed ? { allow: refusal.allow } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
  }
}

/** Nothing is served there: clients know this answer from a missing object by its not being a Status. */
export const pageNotFound: ApiResponse = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: '404 page not found\n',
}
