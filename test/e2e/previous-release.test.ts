// From the release of the commit before this one to this one, and back: what anybody does who follows, one commit at a time. The one
// before is built by its own tools and installed by its own program.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Upgrade, upgradeDefinition } from '@sheaf/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installedVersion, nextVersion } from '../kit/build-releases.ts'
import { eventually } from '../kit/eventually.ts'
import { type InstalledRelease, startInstalledRelease } from '../kit/installed-release.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { checkOut, previousCommit } from '../kit/previous-tree.ts'
import { buildMs, ensureReleases } from '../kit/releases.ts'
import { type HeartbeatSampling, irregularities, sampleHeartbeat } from '../kit/sampling.ts'
import { run } from '../kit/server-process.ts'
import { askGuest, guestMachine, key, type RunningGuest, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

const installMs = 300_000
const upgradeMs = 300_000
const commit = previousCommit()
if (commit === undefined) console.log('there is no commit before this one here: a shallow clone, or no repository at all')

describe.skipIf(commit === undefined)('UP118 the release of the commit before', () => {
  let folder: string
  let server: InstalledRelease
  let guest: RunningGuest
  let heartbeat: HeartbeatSampling
  let pids: object

  const pidsNow = () =>
    machineProcesses(server.dataFolder)
      .filter(({ id }) => id === guest.instance.metadata.uid)
      .map(({ id, pid }) => ({ id, pid }))

  beforeAll(
    async () => {
      folder = mkdtempSync(join(tmpdir(), 'sheaf-previous-'))
      const tree = join(folder, 'tree')
      checkOut(commit ?? '', tree)
      const program = join(tree, 'bin', 'sheaf')
      const iso = join(folder, 'previous.iso')
      const releases = await ensureReleases()
      const built = await run(program, [
        'release',
        'build',
        '--version',
        installedVersion,
        '--key',
        releases.secretKey,
        '--out',
        iso,
      ])
      if (built.code !== 0) throw new Error(`${commit} cannot build its release: ${built.stdout}${built.stderr}`)
      server = await startInstalledRelease({ releases, release: { program, iso } })
      await virtualMachines(server).create(guestMachine('always', 'Always'))
      await virtualMachines(server).create(guestMachine('halted', 'Halted'))
      guest = await untilGuestAnswers(server, 'always')
      pids = pidsNow()
      heartbeat = sampleHeartbeat(guest.instance)
    },
    2 * buildMs + installMs,
  )

  afterAll(async () => {
    await heartbeat?.stop()
    await server?.dispose()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  async function expectAsBefore(): Promise<void> {
    expect(pidsNow()).toEqual(pids)
    expect(await askGuest(guest.instance, '/boot-id')).toBe(guest.bootId)
    expect(await virtualMachines(server).get(key('always'))).toMatchObject({ spec: { runStrategy: 'Always' } })
    expect(await virtualMachines(server).get(key('halted'))).toMatchObject({ spec: { runStrategy: 'Halted' } })
  }

  it('UP118 is upgraded to this one, and no guest notices', { timeout: upgradeMs }, async () => {
    const { code, stdout, stderr } = await server.sheaf('upgrade', 'start', '--iso', server.releases.next, '--wait')
    expect(code, `${stdout}\n${stderr}\n${server.log()}`).toBe(0)
    const [upgrade] = (await server.client.resource<Upgrade>(upgradeDefinition).list()).items
    expect(upgrade?.metadata.labels?.['harvesterhci.io/upgradeState']).toBe('Succeeded')
    expect(server.slots()).toMatchObject({ current: nextVersion, previous: installedVersion })
    await expectAsBefore()
    expect(
      server
        .log()
        .split('\n')
        .filter((line) => / (WARN|ERROR) |deprecated/.test(line)),
    ).toEqual([])
  })

  it('UP118 takes over again, and no guest notices', { timeout: upgradeMs }, async () => {
    const { code, stdout, stderr } = await server.sheaf('upgrade', 'rollback')
    expect(code, `${stdout}\n${stderr}\n${server.log()}`).toBe(0)
    expect(server.slots()).toMatchObject({ current: installedVersion, previous: nextVersion })
    await eventually('it serves', async () => (await server.sheaf('status')).code === 0)
    await expectAsBefore()
    await heartbeat.stop()
    expect(heartbeat.beats.length).toBeGreaterThan(20)
    expect(irregularities(heartbeat)).toEqual([])
  })
})
