// What can be asked about the release that runs: which it is, and that the one before it comes back.

import { badRequest, StatusError } from '@sheaf/api/meta'
import type { ActionCall, RequestAction } from '@sheaf/machinery/kind'
import { optionsIn } from '../action-options.ts'
import type { Ports } from '../ports.ts'
import { jsonAnswer } from '../subresources.ts'
import type { Platform } from './platform.ts'

const ours = { group: 'subresources.sheaf.io', versions: ['v1'], kind: 'request' } as const

/** Two minutes for what takes a second: a machine may be slow, and what does not come up at all is seen much earlier. */
const defaultDeadlineSeconds = 120
/** Writes are held as long. */
const mostDeadlineSeconds = 3600

interface ReleasePorts extends Pick<Ports, 'random'> {
  platform: Pick<Platform, 'installed' | 'switchTo'>
}

export function releaseActions({ platform, random }: ReleasePorts): RequestAction[] {
  return [
    { ...ours, method: 'GET', action: 'release', run: async () => jsonAnswer(platform.installed()) },
    {
      ...ours,
      method: 'PUT',
      action: 'rollback',
      /** Answers when this server is about to let go: what became of it, the release that serves then tells. */
      async run(call) {
        const deadlineSeconds = deadlineIn(call)
        const { version, previous, supervisorVersion } = platform.installed()
        if (supervisorVersion === undefined)
          throw refused(
            'this server was started by hand, and nobody is there to start another release: set it up with sheaf install, then start it through its service or with sheaf supervise',
          )
        if (previous === undefined)
          throw refused(`${version} is the first release that was installed here: there is none to go back to`)
        const id = `rollback-${random.uuid()}`
        const answer = await platform.switchTo(previous, id, deadlineSeconds * 1000)
        if (answer.kind === 'not-tried') throw refused(`${previous} does not take over, and ${version} goes on: ${answer.why}`)
        return jsonAnswer({ id, from: version, to: previous })
      },
    },
  ]
}

const refused = (why: string): StatusError => new StatusError(409, 'Conflict', `the platform cannot be rolled back: ${why}`)

function deadlineIn({ body }: ActionCall): number {
  const { deadlineSeconds = defaultDeadlineSeconds } = optionsIn(body)
  if (typeof deadlineSeconds === 'number' && deadlineSeconds > 0 && deadlineSeconds <= mostDeadlineSeconds) return deadlineSeconds
  throw badRequest(`deadlineSeconds must be a number from 1 to ${mostDeadlineSeconds}, not ${JSON.stringify(deadlineSeconds)}`)
}
