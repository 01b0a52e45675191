// The program of the release, in the free slot: fetched from the repo VM, or from wherever its files are served.

import { ReleaseRefused } from '../platform.ts'
import { type Pass, taskStation } from '../station.ts'
import type { TaskWorld } from '../tasks.ts'
import { repoUrl } from './repo.ts'

/** A guest that comes back after a crash answers again within seconds. */
const againAfterMs = 2_000
/** That often a connection may break before somebody should have a look. */
const mostAttempts = 10

export const payloadStation = taskStation(
  'payload',
  async (pass, world) => {
    const { release } = pass.record
    if (release === undefined) throw new Error('the release has not been checked')
    for (let attempt = 1; ; ) {
      const url = await repoUrl(pass)
      if (url !== undefined) {
        try {
          await pass.ports.platform.releases.fetch(
            { kind: 'url', url },
            release,
            (done, of) => world.progress({ done, of, unit: 'bytes' }),
            world.signal,
          )
          return {}
        } catch (error) {
          if (error instanceof ReleaseRefused || world.signal.aborted || attempt++ >= mostAttempts) throw error
        }
      }
      await pause(pass, world)
      world.signal.throwIfAborted()
    }
  },
  async ({ ports, record }) => {
    const { platform } = ports
    const version = record.release?.version
    const { version: current, previous } = platform.installed()
    // What runs, and what could be gone back to, is not this upgrade's to take away.
    if (version !== undefined && version !== current && version !== previous) await platform.releases.discard(version)
    return 'undone'
  },
)

function pause({ ports }: Pass, { signal }: TaskWorld): Promise<void> {
  return new Promise((resolve) => {
    const timer = ports.clock.after(againAfterMs, resolve)
    signal.addEventListener('abort', () => {
      timer.cancel()
      resolve()
    })
  })
}
