// Refusals in the words of Harvester's validating webhook: its documentation, tests and scripts know code and text.

import { StatusError } from '@sheaf/api/meta'

const denial = (code: number, reason: string, message: string): StatusError =>
  new StatusError(code, reason, `admission webhook "validator.harvesterhci.io" denied the request: ${message}`)

export const deniedRequest = (message: string): StatusError => denial(400, 'BadRequest', message)

export const deniedConflict = (message: string): StatusError => denial(409, 'Conflict', message)

export function deniedField(field: string, message: string): StatusError {
  const { code, reason, message: text } = denial(422, 'Invalid', message)
  return new StatusError(code, reason, text, { causes: [{ reason: 'FieldValueInvalid', message, field }] })
}
