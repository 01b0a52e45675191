// What can be asked about the release that runs: which it is, and that the one before it comes back.

import { badRequest, type Json } from '@sheaf/api/meta'
import type { RequestAction } from '@sheaf/machinery/kind'
import { isDryRun, optionsIn } from '../action-options.ts'
import { jsonAnswer } from '../subresources.ts'
import type { UpgradePorts } from './ports.ts'
import { rollBack } from './rollback/roll-back.ts'

const ours = { group: 'subresources.sheaf.io', versions: ['v1'], kind: 'request' } as const

/** Two minutes for what takes a second: a machine may be slow, and what does not come up at all is seen much earlier. */
const defaultDeadlineSeconds = 120
/** Writes are held as long. */
const mostDeadlineSeconds = 3600

export function releaseActions(ports: UpgradePorts): RequestAction[] {
  return [
    { ...ours, method: 'GET', action: 'release', run: async () => jsonAnswer(ports.platform.installed()) },
    {
      ...ours,
      method: 'PUT',
      action: 'rollback',
      /** Answers when this server is about to let go: what became of it, the release that serves then tells. */
      run: async ({ body }) =>
        jsonAnswer(await rollBack({ deadlineMs: deadlineSecondsIn(body) * 1000, isDryRun: isDryRun(body) }, ports)),
    },
  ]
}

function deadlineSecondsIn(body: Json | undefined): number {
  const { deadlineSeconds = defaultDeadlineSeconds } = optionsIn(body)
  if (typeof deadlineSeconds === 'number' && deadlineSeconds > 0 && deadlineSeconds <= mostDeadlineSeconds) return deadlineSeconds
  throw badRequest(`deadlineSeconds must be a number from 1 to ${mostDeadlineSeconds}, not ${JSON.stringify(deadlineSeconds)}`)
}
