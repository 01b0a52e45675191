// The Kind ControllerRevision: what it holds stays as it was made; nobody reconciles it.

import { isDeepStrictEqual } from 'node:util'
import { type ControllerRevision, controllerRevisionDefinition } from '@sheaf/api'
import { forbidden, invalidError } from '@sheaf/api/meta'
import type { Kind } from '@sheaf/machinery/kind'

export const controllerRevisionKind: Kind<ControllerRevision> = {
  definition: controllerRevisionDefinition,
  admission: {
    validate({ operation, object, oldObject, name }) {
      if (operation !== 'UPDATE' || isDeepStrictEqual(object.data, oldObject?.data)) return
      throw invalidError(controllerRevisionDefinition, name, [forbidden('data', 'field is immutable')])
    },
  },
}
