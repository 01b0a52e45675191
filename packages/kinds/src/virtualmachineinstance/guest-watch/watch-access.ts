// Keeps keys and passwords in the guest as the instance's Secrets have them.

import { createHash } from 'node:crypto'
import { AgentRefused, AgentSilent, NotRunning } from '@sheaf/qemu'
import { type AgentAccess, agentAccessOf } from '../agent/access-credentials.ts'
import { Missing } from '../volumes/missing.ts'
import type { AskAgent } from '../probe/guest-exec.ts'
import type { AccessFinding } from './findings.ts'
import { type Repetition, repeat } from './repeat.ts'
import type { Watched, WatchPorts } from './watched.ts'

// KubeVirt's intervals: for a look at the Secrets, and for setting everything anew though nothing has changed.
const lookEveryMs = 15_000
const setAnewEveryMs = 300_000

export function watchAccess(watched: Watched, ports: WatchPorts): Repetition {
  let done: { digest: string; atMs: number } | undefined
  return repeat(ports.clock, 0, async (stopping) => {
    const finding = await ports.turnstile.run(async (): Promise<AccessFinding> => {
      try {
        const access = await agentAccessOf(watched.instance, ports)
        const digest = digestOf(access)
        if (done?.digest === digest && ports.clock.now() - done.atMs < setAnewEveryMs) return { kind: 'synchronized' }
        const id = watched.instance.metadata.uid ?? ''
        await setAccess(access, (command, taken) => ports.hypervisor.askAgent(id, command, taken))
        done = { digest, atMs: ports.clock.now() }
        return { kind: 'synchronized' }
      } catch (error) {
        return { kind: 'failed', message: whyNot(error) }
      }
    })
    if (!stopping.aborted) watched.find({ access: finding })
    return lookEveryMs
  })
}

/** Not the secrets themselves: nothing here needs to remember a password. */
function digestOf({ keys, passwords }: AgentAccess): string {
  return createHash('sha256')
    .update(JSON.stringify([...keys, ...passwords]))
    .digest('hex')
}

class NotSet extends Error {}

/** A user whom the guest does not know keeps nobody else from getting in. */
async function setAccess({ keys, passwords }: AgentAccess, ask: AskAgent): Promise<void> {
  const problems: string[] = []
  const attempt = async (what: string, set: () => Promise<unknown>): Promise<void> => {
    try {
      await set()
    } catch (error) {
      if (!(error instanceof AgentRefused || error instanceof AgentSilent)) throw error
      problems.push(`Error encountered ${what}: ${error.message}`)
    }
  }
  for (const [username, authorized] of keys)
    await attempt(`writing ssh pub key access credentials for user [${username}]`, () =>
      ask('guest-ssh-add-authorized-keys', { username, keys: authorized, reset: true }),
    )
  for (const [username, text] of passwords) {
    const password = Buffer.from(text, 'utf8').toString('base64')
    await attempt(`setting password for user [${username}]`, () =>
      ask('guest-set-user-password', { username, password, crypted: false }),
    )
  }
  if (problems.length > 0) throw new NotSet(problems.join('; '))
}

function whyNot(error: unknown): string {
  if (error instanceof NotRunning) return 'Guest agent is offline'
  if (error instanceof NotSet || error instanceof Missing) return error.message
  return `the credentials could not be read: ${error instanceof Error ? error.message : String(error)}`
}
