// Admission for Kinds whose rules need nothing but the spec, told in the words of the webhook that KubeVirt has for them.

import type { ApiObject, FieldError } from '@sheaf/api/meta'
import type { Admission } from '@sheaf/machinery/kind'
import { webhookDenial } from './webhook-denial.ts'

export function specAdmission<S>(webhook: string, validate: (spec: S) => FieldError[]): Admission<ApiObject & { spec: S }> {
  return {
    validate({ operation, object }) {
      const errors = operation === 'DELETE' ? [] : validate(object.spec)
      if (errors.length > 0) throw webhookDenial(webhook, errors)
    },
  }
}
