// The installation that this server is a part of: which releases there are, and how another one gets its turn.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Platform } from '@sheaf/kinds'
import { ownVersion } from '../release/own-release.ts'
import type { SupervisorChannel } from '../supervisor/channel.ts'
import { releaseFolder } from '../supervisor/slots.ts'

/** `supervisor` is undefined for a server that was started by hand. */
export function supervisedReleases(supervisor: SupervisorChannel | undefined): Pick<Platform, 'installed' | 'switchTo'> {
  const version = ownVersion()
  let isSwitching = false
  return {
    installed() {
      const { previous, outcome } = supervisor?.slots() ?? {}
      return { version, supervisorVersion: supervisor?.supervisorVersion, previous, outcome }
    },
    async switchTo(target, id, deadlineMs) {
      const why = supervisor === undefined ? 'this server was not started by the supervisor' : whyNotTried(supervisor, target, id)
      if (supervisor === undefined || why !== undefined) return { kind: 'not-tried', why: why ?? '' }
      if (isSwitching) return { kind: 'not-tried', why: 'another release is being tried already' }
      isSwitching = true
      try {
        const answers = [supervisor.hears('not-tried'), supervisor.hears('hand-over')]
        supervisor.say({ kind: 'try', version: target, id, deadlineMs })
        const answer = await Promise.race(answers)
        return answer.kind === 'not-tried' ? answer : { kind: 'handed-over' }
      } finally {
        isSwitching = false
      }
    },
  }
}

/** Becomes part of the names of files. */
const idShape = /^[A-Za-z0-9-]{1,100}$/

function whyNotTried({ prefix }: SupervisorChannel, version: string, id: string): string | undefined {
  const program = join(releaseFolder(prefix, version), 'bin', 'sheaf')
  if (!existsSync(program)) return `${version} is not installed: there is no ${program}`
  return idShape.test(id) ? undefined : `"${id}" cannot name an upgrade`
}
