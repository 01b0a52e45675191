// The Kind CronJob: served, so that clients find out why none can be made, and what starts something by the clock here.

import { type CronJob, cronJobDefinition } from '@sheaf/api'
import { forbiddenError } from '@sheaf/api/meta'
import type { Kind } from '@sheaf/machinery/kind'

const instead =
  'there are no Pods here that it could run. A VirtualMachine with spec.runStrategy: Manual, which a timer of this machine starts with `sheaf start NAME` or `virtctl start NAME`, does the same'

export const cronJobKind: Kind<CronJob> = {
  definition: cronJobDefinition,
  admission: {
    validate({ operation, name }) {
      if (operation === 'CREATE') throw forbiddenError(cronJobDefinition, name, instead)
    },
  },
}
