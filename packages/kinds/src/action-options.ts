// The body of an action, made of whatever was sent: an object or nothing.

import { badRequest, isJsonObject, type Json, type JsonObject, type StatusError } from '@sheaf/api/meta'

export function optionsIn(body: Json | undefined): JsonObject {
  if (body === undefined || body === null) return {}
  if (!isJsonObject(body)) throw cannotRead('the body', 'an object', body)
  return body
}

/** Of any body that may ask for it. */
export const isDryRun = (body: Json | undefined): boolean => dryRunIn(optionsIn(body))

export function dryRunIn(options: JsonObject): boolean {
  const value = options['dryRun'] ?? []
  if (Array.isArray(value) && value.every((each) => each === 'All')) return value.length > 0
  throw cannotRead('dryRun', 'a list of "All"', value)
}

export function cannotRead(what: string, wanted: string, value: Json): StatusError {
  return badRequest(`Can not unmarshal Request body to struct, error: ${what} must be ${wanted}, not ${JSON.stringify(value)}`)
}
