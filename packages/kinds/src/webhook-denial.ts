// A refusal in the words of a validating webhook: KubeVirt checks its objects in webhooks, and clients know the text.

import { type FieldError, StatusError } from '@sheaf/api/meta'

/** As KubeVirt: more would hide the first ones. */
const mostMessages = 10

export function webhookDenial(webhook: string, errors: readonly FieldError[]): StatusError {
  const messages = errors.slice(0, mostMessages).map((error) => error.message)
  if (errors.length > mostMessages) messages.push(`and ${errors.length - mostMessages} more validation errors`)
  const causes = errors.map(({ type, message, field }) => ({ reason: type, message, field }))
  return new StatusError(422, 'Invalid', `admission webhook "${webhook}" denied the request: ${messages.join(', ')}`, { causes })
}
