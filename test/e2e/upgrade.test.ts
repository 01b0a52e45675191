// From one release to the next, with nothing but the program: built, installed, upgraded through the repo VM, and back again.
// Three guests run through it, and count their seconds.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Event,
  eventDefinition,
  harvesterSystemNamespace,
  type Upgrade,
  upgradeConditionTypes,
  upgradeDefinition,
  type VirtualMachine,
  type VirtualMachineImage,
  virtualMachineDefinition,
  virtualMachineImageDefinition,
} from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { metadataText, parseMetadata } from '../../packages/server/src/release/metadata.ts'
import { orphansOf } from '../../packages/server/src/supervisor/orphans.ts'
import { releaseFolder } from '../../packages/server/src/supervisor/slots.ts'
import { installedVersion, nextVersion } from '../kit/build-releases.ts'
import { eventually } from '../kit/eventually.ts'
import { type InstalledRelease, startInstalledRelease } from '../kit/installed-release.ts'
import { endProcess, machineProcesses } from '../kit/machine-processes.ts'
import { buildMs, ensureReleases } from '../kit/releases.ts'
import { type HeartbeatSampling, irregularities, sampleApiGap, sampleHeartbeat } from '../kit/sampling.ts'
import { askGuest, guestMachine, key, type RunningGuest, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

/** The promise is one second on a machine of its own; this one shares two cores with its guests. */
const mostGapMs = 3_000
/** The repo VM boots emulated, beside three guests. */
const upgradeMs = 300_000

let server: InstalledRelease
let guests: RunningGuest[]
let pids: object
let heartbeats: HeartbeatSampling[]

/** The Halted one does not run; what it is must be the same afterwards. */
const running = ['always', 'rerun']
const guestPids = () => {
  const uids = new Set(guests.map(({ instance }) => instance.metadata.uid))
  return Object.fromEntries(machineProcesses(server.dataFolder).flatMap(({ id, pid }) => (uids.has(id) ? [[id, pid]] : [])))
}
const upgrades = () => server.client.resource<Upgrade>(upgradeDefinition)
const theUpgrade = async () => (await upgrades().list({ namespace: harvesterSystemNamespace })).items[0]
const machines = async () =>
  (await server.client.resource<VirtualMachine>(virtualMachineDefinition).list({ namespace: harvesterSystemNamespace })).items

beforeAll(async () => {
  server = await startInstalledRelease({ releases: await ensureReleases(), prepare: forgetMigrations })
  await virtualMachines(server).create(guestMachine('rerun', 'RerunOnFailure'))
  const { runStrategy: _, ...spec } = guestMachine('always', 'Always').spec
  await virtualMachines(server).create({ ...guestMachine('always', 'Always'), spec: { ...spec, running: true } })
  await virtualMachines(server).create(guestMachine('halted', 'Halted'))
  guests = await Promise.all(running.map((name) => untilGuestAnswers(server, name)))
  pids = guestPids()
  heartbeats = guests.map(({ instance }) => sampleHeartbeat(instance))
}, 2 * buildMs)

afterAll(async () => {
  await Promise.all((heartbeats ?? []).map((heartbeat) => heartbeat.stop()))
  await server?.dispose()
})

/** As a release from before there were any: the way back has something to take back then. */
function forgetMigrations(prefix: string): void {
  const path = join(releaseFolder(prefix, installedVersion), 'release.yaml')
  writeFileSync(path, metadataText({ ...parseMetadata(readFileSync(path, 'utf8')), migrations: [] }))
}

async function expectGuestsAsBefore(): Promise<void> {
  expect(guestPids()).toEqual(pids)
  for (const { instance, bootId } of guests) expect(await askGuest(instance, '/boot-id')).toBe(bootId)
  expect(await virtualMachines(server).get(key('halted'))).toMatchObject({ spec: { runStrategy: 'Halted' } })
}

const wishOfAlways = async () => {
  const { spec } = await virtualMachines(server).get(key('always'))
  return [spec.runStrategy, spec.running]
}

const completedMessage = async (): Promise<string> =>
  findCondition((await theUpgrade())?.status?.conditions, 'Completed')?.message ?? ''

describe('an upgrade', () => {
  it('UP100 is announced by a plan, and by checks that pass', async () => {
    const preflight = await server.sheaf('upgrade', 'preflight', '--iso', server.releases.next)
    expect(preflight.stdout).not.toContain('FAIL')
    expect(preflight.code).toBe(0)
    const plan = await server.sheaf('upgrade', 'plan', '--iso', server.releases.next)
    expect(plan.stdout).toContain('start the upgrade repo VM')
  })

  it('UP101 ends in the next release: the repo VM serves it, what is stored is rewritten, no guest notices', {
    timeout: upgradeMs,
  }, async () => {
    const gap = sampleApiGap(server)
    const repoMachines = new Map<string, VirtualMachine>()
    const watching = eventually(
      'the repo VM runs',
      async () => {
        const items = await machines()
        for (const vm of items) repoMachines.set(vm.metadata.name ?? '', vm)
        return items.some(({ status }) => status?.printableStatus === 'Running')
      },
      upgradeMs,
    )
    const { code, stdout, stderr } = await server.sheaf('upgrade', 'start', '--iso', server.releases.next, '--wait')
    expect(code, `${stdout}\n${stderr}\n${server.log()}`).toBe(0)
    expect(stderr).not.toMatch(/warning|deprecated/i)
    await watching
    const gapMs = await gap.stop()
    console.log(`the API did not answer for ${Math.round(gapMs)} ms`)
    expect(gapMs).toBeLessThan(mostGapMs)

    const upgrade = await theUpgrade()
    expect(upgrade?.metadata.labels?.['harvesterhci.io/upgradeState']).toBe('Succeeded')
    const conditions = (upgrade?.status?.conditions ?? []).map(({ type, status }) => [type, status])
    expect(Object.fromEntries(conditions)).toEqual(Object.fromEntries(upgradeConditionTypes.map((type) => [type, 'True'])))
    expect([...repoMachines.values()].map(({ metadata, spec }) => [metadata.name, spec.runStrategy, spec.running])).toEqual([
      [`upgrade-repo-${upgrade?.metadata.name}`, 'RerunOnFailure', undefined],
    ])
    expect(server.slots()).toMatchObject({ current: nextVersion, previous: installedVersion })
    await expectGuestsAsBefore()
    expect(await wishOfAlways()).toEqual(['Always', undefined])
    const { stdout: version } = await server.sheaf('version', '-o', 'json')
    expect(JSON.parse(version)).toMatchObject({ server: { version: nextVersion } })
  })

  it('UP102 leaves nothing behind but its record, its report and its log', async () => {
    await eventually('the repo VM and the image are gone', async () => {
      const images = await server.client
        .resource<VirtualMachineImage>(virtualMachineImageDefinition)
        .list({ namespace: harvesterSystemNamespace })
      return (await machines()).length === 0 && images.items.length === 0
    })
    const { stdout } = await server.sheaf('upgrade', 'log')
    expect(stdout).toContain('start the upgrade repo VM')
  })

  it('UP103 says nothing in any log that should not be there', async () => {
    const lines = server.log().split('\n')
    expect(lines.filter((line) => / INFO /.test(line)).length).toBeGreaterThan(5)
    expect(lines.filter((line) => / (WARN|ERROR) |deprecated/.test(line))).toEqual([])
    const own = join(server.dataFolder, 'upgrades', (await theUpgrade())?.metadata.uid ?? '', 'log.jsonl')
    const levels = readFileSync(own, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { level: string }).level)
    expect(new Set(levels)).toEqual(new Set(['info']))
    const events = (await server.client.resource<Event>(eventDefinition).list()).items
    // A guest that boots does not answer its probe yet.
    const unexpected = events.filter(({ type, reason }) => type !== 'Normal' && reason !== 'Unhealthy')
    expect(unexpected.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([])
    // The one that a client of the test was told, for the machine that it made on purpose.
    expect(server.warnings.filter((text) => !text.startsWith('spec.running is deprecated'))).toEqual([])
  })
})

describe('and back', () => {
  it('UP109 what it would rewrite can be asked before', async () => {
    const { code, stdout } = await server.sheaf('upgrade', 'rollback', '--dry-run')
    expect([code, stdout]).toEqual([
      0,
      `${nextVersion} would hand the platform over to ${installedVersion}\n1 objects would be rewritten for it by running-to-run-strategy\n`,
    ])
    expect(await wishOfAlways()).toEqual(['Always', undefined])
  })

  it('UP107 when the release before is killed while it proves itself, everything stays as the newer one had it', {
    timeout: upgradeMs,
  }, async () => {
    const askedMs = performance.now()
    const rollback = server.sheaf('upgrade', 'rollback')
    await eventually('it has taken over', () => server.cameAt('handed over; guests run on', askedMs) !== undefined)
    await eventually('it is killed', () => {
      const releases = orphansOf(server.prefix)
      releases.forEach(endProcess)
      return releases.length > 0
    })
    const { code, stderr } = await rollback
    expect(stderr).toContain(`${installedVersion} was taken back: it ended (SIGKILL)`)
    expect(code).toBe(1)
    expect(server.slots()).toMatchObject({ current: nextVersion, previous: installedVersion })
    await eventually('it is rewritten again', async () => (await wishOfAlways())[0] === 'Always')
    await eventually('the upgrade says so', async () => (await completedMessage()).includes('was to take over, and did not'))
    await expectGuestsAsBefore()
  })

  it('UP104 UP106 UP108 the release before runs again with the store in its words, and no guest notices', {
    timeout: upgradeMs,
  }, async () => {
    const { code, stdout, stderr } = await server.sheaf('upgrade', 'rollback')
    expect(code, `${stdout}${stderr}`).toBe(0)
    expect(stderr).toContain('1 objects were rewritten for it by running-to-run-strategy')
    expect(server.slots()).toMatchObject({ current: installedVersion, previous: nextVersion })
    await expectGuestsAsBefore()
    expect(await wishOfAlways()).toEqual([undefined, true])
    await eventually('the upgrade says so', async () => (await completedMessage()).includes('it was rolled back at'))
    const status = await server.sheaf('upgrade', 'status')
    expect(status.stdout).toContain(`${installedVersion} runs; to let ${nextVersion} take over: sheaf upgrade rollback`)
  })

  it('UP105 the guests counted every second of it', async () => {
    await Promise.all(heartbeats.map((heartbeat) => heartbeat.stop()))
    for (const heartbeat of heartbeats) {
      expect(heartbeat.beats.length).toBeGreaterThan(20)
      expect(irregularities(heartbeat)).toEqual([])
    }
  })
})
