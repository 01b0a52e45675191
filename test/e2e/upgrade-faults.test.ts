// docs/spec/upgrade.md, how each fault ends: real processes are killed, a real disk fills up, real releases are broken. Whatever it
// is, one release runs in the end, nothing is lost, and no guest notices.

import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  harvesterSystemNamespace,
  type Node,
  nodeDefinition,
  type Upgrade,
  upgradeDefinition,
  type Version,
  versionDefinition,
  type VirtualMachine,
  type VirtualMachineImage,
  virtualMachineDefinition,
  virtualMachineImageDefinition,
} from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { metadataText, type ReleaseMetadata } from '../../packages/server/src/release/metadata.ts'
import { generateKeys } from '../../packages/server/src/release/minisign.ts'
import { makeSmallRelease } from '../../packages/server/src/release/small-release.fixture.ts'
import { orphansOf } from '../../packages/server/src/supervisor/orphans.ts'
import { releaseFolder } from '../../packages/server/src/supervisor/slots.ts'
import { sha512Of, startFileServer } from '../../packages/server/src/vm-images/file-server.fixture.ts'
import { installedVersion, nextVersion } from '../kit/build-releases.ts'
import { eventually } from '../kit/eventually.ts'
import { type InstalledRelease, startInstalledRelease } from '../kit/installed-release.ts'
import { endProcess, machineProcesses } from '../kit/machine-processes.ts'
import { patchRelease, replaceInRelease } from '../kit/patch-release.ts'
import { buildMs, ensureReleases } from '../kit/releases.ts'
import { type HeartbeatSampling, irregularities, sampleHeartbeat } from '../kit/sampling.ts'
import { mountSmallDisk } from '../kit/small-disk.ts'
import { askGuest, guestMachine, type RunningGuest, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

/** Two releases, the supervisor's Node, the ISO, and what an upgrade wants free beside them. */
const diskBytes = 1_200 * 1024 ** 2
/** The repo VM boots emulated, and some of it twice. */
const upgradeMs = 180_000
/** From the verdict until the release before serves again: UP20. */
const backWithinMs = 10_000
/** More than the migrations rewrite at once. */
const storedMachines = 40

const disk = mountSmallDisk(diskBytes)
let server: InstalledRelease
let guest: RunningGuest
let guestPid: number | undefined
let heartbeat: HeartbeatSampling
let nextImage: string

beforeAll(async () => {
  const folder = 'reason' in disk ? undefined : join(disk.folder, 'installation')
  server = await startInstalledRelease({ releases: await ensureReleases(), ...(folder === undefined ? {} : { folder }) })
  const { runStrategy: _, ...spec } = guestMachine('always', 'Always').spec
  const create = (name: string, running: boolean) =>
    virtualMachines(server).create({ ...guestMachine(name, 'Always'), spec: { ...spec, running } })
  await create('always', true)
  for (let number = 0; number < storedMachines; number++) await create(`stored-${number}`, false)
  guest = await untilGuestAnswers(server, 'always')
  guestPid = pidOf(guest.instance.metadata.uid)
  heartbeat = sampleHeartbeat(guest.instance)
  nextImage = `sheaf-release-${sha512Of(readFileSync(server.releases.next)).slice(0, 16)}`
}, 2 * buildMs)

afterAll(async () => {
  await heartbeat?.stop()
  await server?.dispose()
  if (!('reason' in disk)) disk.unmount()
})

const upgrades = () => server.client.resource<Upgrade>(upgradeDefinition)
const images = () => server.client.resource<VirtualMachineImage>(virtualMachineImageDefinition)
const systemMachines = async () =>
  (await server.client.resource<VirtualMachine>(virtualMachineDefinition).list({ namespace: harvesterSystemNamespace })).items
const pidOf = (id: string | undefined) => machineProcesses(server.dataFolder).find((each) => each.id === id)?.pid
/** Of the repo VM: the only machine beside the guest. */
const repoProcess = () => machineProcesses(server.dataFolder).find(({ id }) => id !== guest.instance.metadata.uid)
const partialSlot = () => existsSync(`${releaseFolder(server.prefix, nextVersion)}.partial`)
const keyOf = (name: string) => ({ namespace: harvesterSystemNamespace, name })

async function nodeName(): Promise<string> {
  const [node] = (await server.client.resource<Node>(nodeDefinition).list()).items
  return node?.metadata.name ?? ''
}

/** Holds the node before the switch, when everything else is done. */
const pauseMap = async (word: 'pause' | 'unpause') => ({
  'harvesterhci.io/node-upgrade-pause-map': JSON.stringify({ [await nodeName()]: word }),
})

async function begin(name: string, annotations: Record<string, string> = {}): Promise<void> {
  const { code, stderr, stdout } = await server.sheaf('upgrade', 'preflight', '--iso', server.releases.next)
  expect(code, `${stdout}${stderr}`).toBe(0)
  await upgrades().create({
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'Upgrade',
    metadata: { ...keyOf(name), annotations },
    spec: { image: `${harvesterSystemNamespace}/${nextImage}` },
  })
}

const annotate = (name: string, annotations: Record<string, string | null>) =>
  upgrades().patch(keyOf(name), { metadata: { annotations } })

async function untilHeld(name: string): Promise<void> {
  const isHeld = async () => {
    const { status } = await upgrades().get(keyOf(name))
    const states = Object.values(status?.nodeStatuses ?? {}).map(({ state }) => state)
    return states.includes('Node-upgrade paused')
  }
  await eventually('it is held before the switch', isHeld, upgradeMs)
}

/** With its record: what was made for it is gone. */
async function untilEnd(name: string): Promise<{ state: string; conditions: Record<string, string> }> {
  const upgrade = await eventually(
    `${name} ends`,
    async () => {
      const found = await upgrades().get(keyOf(name))
      return found.metadata.labels?.['harvesterhci.io/upgradeCleanup'] === 'Succeeded' && found
    },
    upgradeMs,
  ).catch(async (cause: unknown) => {
    const found = await upgrades()
      .find(keyOf(name))
      .catch(() => undefined)
    throw new Error(`${JSON.stringify(found?.status, undefined, 1)}\n${server.log().slice(-4_000)}`, { cause })
  })
  const conditions = (upgrade.status?.conditions ?? []).map(
    ({ type, status, reason = '', message = '' }) => [type, `${status} ${reason}: ${message}`] as const,
  )
  return { state: upgrade.metadata.labels?.['harvesterhci.io/upgradeState'] ?? '', conditions: Object.fromEntries(conditions) }
}

/** The journal is on the disk before anything of a station is done. */
async function untilBegun(name: string, station: string): Promise<void> {
  const { metadata } = await upgrades().get(keyOf(name))
  const path = join(server.dataFolder, 'upgrades', metadata.uid ?? '', 'journal.jsonl')
  const line = `"kind":"begin","station":"${station}"`
  await eventually(`${station} is begun`, () => existsSync(path) && readFileSync(path, 'utf8').includes(line), upgradeMs)
}

/** `kill -9`; the supervisor starts it again. */
async function killServer(): Promise<void> {
  const killedMs = performance.now()
  const all = orphansOf(server.prefix)
  const present = all.filter((pid) => !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--standby'))
  expect(present.length).toBe(1)
  present.forEach(endProcess)
  await eventually('the server is back', () => server.cameAt('ready url', killedMs) !== undefined, 60_000)
}

async function wishes(): Promise<Record<string, number>> {
  const { items } = await virtualMachines(server).list({ namespace: 'default' })
  return Object.fromEntries(
    [...Map.groupBy(items, ({ spec }) => String(spec.running ?? spec.runStrategy))].map(([wish, all]) => [wish, all.length]),
  )
}

async function expectGuestUnmoved(): Promise<void> {
  expect(pidOf(guest.instance.metadata.uid)).toBe(guestPid)
  expect(await askGuest(guest.instance, '/boot-id')).toBe(guest.bootId)
}

/** What was installed runs with everything as it was, and nothing that was made is left. */
async function expectAsBefore(): Promise<void> {
  expect(server.slots()).toMatchObject({ current: installedVersion })
  expect(server.slots().trial).toBeUndefined()
  expect(readdirSync(join(server.prefix, 'releases'))).toEqual([installedVersion])
  expect(readdirSync(join(server.dataFolder, 'store')).filter((file) => /before|handover/.test(file))).toEqual([])
  expect(await systemMachines()).toEqual([])
  expect(repoProcess()).toBeUndefined()
  expect(await wishes()).toEqual({ true: 1, false: storedMachines })
  await expectGuestUnmoved()
}

describe('a release that cannot be trusted', () => {
  const description: ReleaseMetadata = {
    version: nextVersion,
    releaseDate: '2026-01-01T00:00:00Z',
    knownRisks: [],
    migrations: [],
    notes: { en: 'A test.', zh: '测试。' },
    payload: { path: 'payload.tar.zst', unpackedBytes: 10, unpackedFiles: 1 },
  }
  const small = (name: string, change: Partial<ReleaseMetadata>, secretKey = readFileSync(server.releases.secretKey, 'utf8')) =>
    makeSmallRelease({
      iso: join(server.dataFolder, '..', `${name}.iso`),
      files: { 'release.yaml': metadataText({ ...description, ...change }), 'payload.tar.zst': 'nothing' },
      secretKey,
    })
  const copyOfNext = async (name: string): Promise<string> => {
    const path = join(server.dataFolder, '..', `${name}.iso`)
    await copyFile(server.releases.next, path)
    return path
  }

  it.each<[string, string, () => Promise<string> | string]>([
    [
      'that was cut off',
      'cannot be read|ends before|has [0-9]+ bytes|damaged|not-a-release',
      async () => {
        const path = await copyOfNext('truncated')
        truncateSync(path, Math.floor(statSync(path).size / 2))
        return path
      },
    ],
    ['that somebody else signed', 'not among|untrusted|not trusted', () => small('foreign', {}, generateKeys().secretFile)],
    ['that has expired', 'expired|ended|2026-02-01', () => small('expired', { expires: '2026-02-01T00:00:00Z' })],
    ['that is older', 'is older than the installed', () => small('older', { version: '8.0.0' })],
  ])('UP110 %s is refused before anything begins, and nothing of it is left', async (_, words, make) => {
    const iso = await make()
    const { code, stderr } = await server.sheaf('upgrade', 'start', '--iso', iso, '--wait')
    rmSync(iso)
    expect(stderr).toMatch(new RegExp(words))
    expect(code).toBe(1)
    expect((await upgrades().list()).items).toEqual([])
    await eventually(
      'the image is gone',
      async () => (await images().list({ namespace: harvesterSystemNamespace })).items.length === 0,
    )
    await expectAsBefore()
  })

  it('UP110 one of which a single byte was changed fails at its check', async () => {
    const iso = await copyOfNext('corrupt')
    const file = openSync(iso, 'r+')
    writeSync(file, 'x', Math.floor(statSync(iso).size / 2))
    closeSync(file)
    const { code, stdout } = await server.sheaf('upgrade', 'start', '--iso', iso, '--wait')
    rmSync(iso)
    expect(stdout).toMatch(/ImageReady +False +damaged/)
    expect(code).toBe(1)
    await expectAsBefore()
    for (const { metadata } of (await images().list({ namespace: harvesterSystemNamespace })).items)
      await images().delete(keyOf(metadata.name ?? ''))
  })
})

describe('whatever dies', () => {
  it('UP111 the server and the repo VM, at one station after the other: it goes on, until the next release would have loaded', {
    timeout: 2 * upgradeMs,
  }, async () => {
    const bytes = readFileSync(server.releases.next)
    await using download = await stalledDownload(bytes)
    await server.client.resource<Version>(versionDefinition).create({
      apiVersion: 'harvesterhci.io/v1beta1',
      kind: 'Version',
      metadata: keyOf(nextVersion),
      spec: { isoURL: download.url, isoChecksum: createHash('sha512').update(bytes).digest('hex') },
    })
    const metadata = keyOf('dying')
    await upgrades().create({ apiVersion: 'harvesterhci.io/v1beta1', kind: 'Upgrade', metadata, spec: { version: nextVersion } })
    await eventually('a part of it is here', async () => ((await images().find(metadata))?.status?.size ?? 0) > 0)
    download.goOn()
    await killServer()

    await untilBegun('dying', 'repo')
    expect(download.requests.at(-1)).toMatch(/ bytes=[1-9][0-9]+-$/)
    const first = await eventually('the repo VM starts', repoProcess)
    await killServer()
    expect(repoProcess()).toEqual(first)
    endProcess(first.pid)
    const second = await eventually('the repo VM is back', () => {
      const found = repoProcess()
      return found !== undefined && found.pid !== first.pid && found
    })

    await eventually('it is being unpacked', partialSlot, upgradeMs)
    await killServer()
    await eventually('it is being unpacked again', partialSlot, upgradeMs)
    endProcess(second.pid)
    for (const station of ['rehearsal', 'snapshot', 'migrations']) {
      await untilBegun('dying', station)
      await killServer()
    }
    await untilBegun('dying', 'switch')
    await eventually('the next release loads', () => orphansOf(server.prefix).length === 2)
    await killServer()

    const { state, conditions } = await untilEnd('dying')
    expect(conditions['NodesUpgraded']).toBe(`False TakenBack: ${installedVersion} ended (SIGKILL) before it could hand over`)
    expect(state).toBe('Failed')
    expect(conditions['SystemServicesUpgraded']).toContain(`True : ${storedMachines + 1} objects were rewritten`)
    await expectAsBefore()
  })
})

/** Comes to a stand after a part of it. */
async function stalledDownload(bytes: Buffer) {
  const files = await startFileServer()
  const file = { bytes, etag: '"1"', stallsAfter: Math.floor(bytes.length / 2) }
  files.files['/next.iso'] = file
  return {
    url: files.url('/next.iso'),
    requests: files.requests,
    goOn: () => void (files.files['/next.iso'] = { bytes, etag: '"1"' }),
    [Symbol.asyncDispose]: () => files.close(),
  }
}

describe('a release that is no good', () => {
  it('UP112 fails its health gate: the one before is back within ten seconds, and all is undone', {
    timeout: 2 * upgradeMs,
  }, async () => {
    await begin('unfit', await pauseMap('pause'))
    await untilHeld('unfit')
    const repo = repoProcess()
    if (repo !== undefined) endProcess(repo.pid)
    patchRelease(
      releaseFolder(server.prefix, nextVersion),
      'judgeHealth',
      "return { kind: 'unfit', why: 'it was made to fail' };",
    )
    const heldMs = performance.now()
    await annotate('unfit', await pauseMap('unpause'))
    const { state, conditions } = await untilEnd('unfit')
    expect([state, conditions['NodesUpgraded']]).toEqual(['Failed', 'False TakenBack: it was made to fail'])
    const verdictMs = server.cameAt('cannot stay: ', heldMs) ?? Number.NaN
    const backMs = (server.cameAt('ready url', verdictMs) ?? Number.NaN) - verdictMs
    console.log(`the release before is back ${Math.round(backMs)} ms after the verdict`)
    expect(backMs).toBeLessThan(backWithinMs)
    await expectAsBefore()
  })

  it('UP113 fails a migration half way: what was rewritten is written back', { timeout: 2 * upgradeMs }, async () => {
    await begin('half')
    await eventually('it is being unpacked', partialSlot, upgradeMs)
    await annotate('half', { 'sheaf.io/upgrade-paused': 'true' })
    const isPaused = async () =>
      findCondition((await upgrades().get(keyOf('half'))).status?.conditions, 'Completed')?.reason === 'Paused'
    await eventually('it is held', isPaused, upgradeMs)
    // The rehearsal is a program of its own, and goes well.
    const slot = releaseFolder(server.prefix, nextVersion)
    const halfWay = "if (process.argv.includes('migrate-release') && batch.length < 32) throw new Error('it is out of luck');"
    patchRelease(slot, 'rewriteBatch', halfWay)
    await annotate('half', { 'sheaf.io/upgrade-paused': null })
    const { state, conditions } = await untilEnd('half')
    expect(state).toBe('Failed')
    expect(conditions['SystemServicesUpgraded']).toMatch(/^False Failed: .*did not go forward \(code 1\): it is out of luck$/)
    const journal = readFileSync(
      join(server.dataFolder, 'upgrades', (await upgrades().get(keyOf('half'))).metadata.uid ?? '', 'migrations.jsonl'),
      'utf8',
    )
    expect(journal.match(/"kind":"rewrite"/g)?.length).toBe(32)
    await expectAsBefore()
  })
})

it('UP116 an abort at the last moment before the switch undoes all of it', { timeout: upgradeMs }, async () => {
  await begin('aborted', await pauseMap('pause'))
  await untilHeld('aborted')
  expect(await wishes()).toEqual({ Always: 1, Halted: storedMachines })
  expect((await server.sheaf('upgrade', 'abort', 'aborted')).code).toBe(0)
  const { state, conditions } = await untilEnd('aborted')
  expect([state, conditions['Completed']]).toEqual(['Failed', expect.stringContaining('False Aborted: ')])
  await expectAsBefore()
})

describe.skipIf('reason' in disk)('a disk that fills up', () => {
  const fill = (leftBytes: number): void => void ('reason' in disk || disk.fillUpTo(leftBytes))
  const free = (): void => void ('reason' in disk || disk.free())

  it('UP114 while the release is brought here: it is refused, and goes on where it was once there is room', async () => {
    await images().delete(keyOf(nextImage))
    await eventually('its room is free', async () => (await images().find(keyOf(nextImage))) === undefined)
    fill(20 * 1024 ** 2)
    const { code, stderr } = await server.sheaf('upgrade', 'start', '--iso', server.releases.next)
    expect(stderr).toMatch(/does not take the ISO: .*(room|space)/)
    expect(code).toBe(1)
    free()
    await expectAsBefore()
    expect((await server.sheaf('upgrade', 'preflight', '--iso', server.releases.next)).code).toBe(0)
  })

  // It may have been unpacked when the disk is full: then its rehearsal finds no room.
  it('UP114 while it is unpacked: it ends where it began', { timeout: upgradeMs }, async () => {
    await begin('full')
    await eventually('it is being unpacked', partialSlot, upgradeMs)
    fill(0)
    await eventually('what was unpacked is given up', () => !partialSlot(), upgradeMs)
    const { state, conditions } = await untilEnd('full')
    free()
    expect(state).toBe('Failed')
    expect(conditions['NodesPrepared']).toMatch(/^False NoSpace: there is no room.*sheaf upgrade retry$/)
    await expectAsBefore()
  })
})

it('UP115 a repo VM that never answers is not waited for: the host serves the same files, and the upgrade succeeds', {
  timeout: 2 * upgradeMs,
}, async () => {
  await server.kill('SIGTERM')
  // Three minutes in the product: the installed release is told to wait for less.
  replaceInRelease(releaseFolder(server.prefix, installedVersion), /deadlineMs: 3 \* minute/, () => 'deadlineMs: 15 * second')
  await server.start()
  await begin('silent')
  const { id, pid } = await eventually('the repo VM starts', repoProcess, upgradeMs)
  const console = join(server.dataFolder, 'machines', id, 'serial.log')
  // What only moves the cursor is on a console before the first word is, and nobody quotes it.
  await eventually('it says a word', () => existsSync(console) && /[a-z]{4}/i.test(readFileSync(console, 'latin1')), upgradeMs)
  process.kill(pid, 'SIGSTOP')
  const { state, conditions } = await untilEnd('silent')
  expect(conditions['RepoReady']).toMatch(/^True ServedByHost: .*The last that its console said: ./s)
  expect(state).toBe('Succeeded')
  expect(repoProcess()).toBeUndefined()
  expect(server.slots()).toMatchObject({ current: nextVersion, previous: installedVersion })
  expect(await wishes()).toEqual({ Always: 1, Halted: storedMachines })
  await expectGuestUnmoved()
})

it('UP117 in all that time the guest counted every second', async () => {
  await heartbeat.stop()
  expect(heartbeat.beats.length).toBeGreaterThan(60)
  expect(irregularities(heartbeat)).toEqual([])
})
