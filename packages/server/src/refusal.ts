import type { ApiResponse } from '@sheaf/api/client'
import { internalError, StatusError } from '@sheaf/api/meta'

/** The answer to a request that did not get as far as the API server. */
export function refusal(error: unknown): ApiResponse & { body: string } {
  const status = (error instanceof StatusError ? error : internalError(error)).toStatus()
  return { status: status.code ?? 500, headers: { 'content-type': 'application/json' }, body: JSON.stringify(status) }
}
