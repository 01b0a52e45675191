// The Kind Job: served, so that clients find out why none can be made, and what runs to its end here.

import { type Job, jobDefinition } from '@sheaf/api'
import { forbiddenError } from '@sheaf/api/meta'
import type { Kind } from '@sheaf/machinery/kind'

const instead =
  'there are no Pods here that it could run. A VirtualMachine does the same with spec.runStrategy: Once, which starts it one time, or RerunOnFailure, which starts it again until it ends by itself without a failure'

export const jobKind: Kind<Job> = {
  definition: jobDefinition,
  admission: {
    validate({ operation, name }) {
      if (operation === 'CREATE') throw forbiddenError(jobDefinition, name, instead)
    },
  },
}
