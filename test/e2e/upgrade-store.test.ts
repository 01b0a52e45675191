// What an upgrade does to the store, with the real programs of this tree as the new release, and a real guest that must not
// notice any of it.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskStore } from '@sheaf/machinery/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDataFolder } from '../../packages/server/src/data-folder.ts'
import { storePlatform } from '../../packages/server/src/platform/store-platform.ts'
import { releaseFolder } from '../../packages/server/src/supervisor/slots.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { guestMachine, key, uidOf, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

const [version, id] = ['9.9.9', 'c0ffee-1']
const never = new AbortController().signal

let server: ServerProcess
let prefix: string
beforeAll(async () => {
  server = await startServerProcess()
  prefix = mkdtempSync(join(tmpdir(), 'sheaf-prefix-'))
  mkdirSync(join(prefix, 'releases'))
  symlinkSync(root, releaseFolder(prefix, version))
})
afterAll(async () => {
  rmSync(prefix, { recursive: true, force: true })
  await server?.dispose()
})

const platform = () =>
  storePlatform({
    folder: openDataFolder(server.dataFolder),
    workerUrl: new URL('../../packages/machinery/src/store/disk-worker.ts', import.meta.url),
    programOf: (each) => join(releaseFolder(prefix, each), 'bin', 'sheaf'),
  })

/** As somebody's script sends it. */
async function create(name: string, running: boolean): Promise<void> {
  const manifest = guestMachine(name, 'Halted')
  const { runStrategy: _, ...spec } = manifest.spec
  const { status } = await server.fetch({
    method: 'POST',
    path: '/apis/kubevirt.io/v1/namespaces/default/virtualmachines',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...manifest, spec: { ...spec, running } }),
  })
  expect(status).toBe(201)
}

const wishOf = async (name: string) => {
  const { running, runStrategy } = (await virtualMachines(server).get(key(name))).spec
  return running ?? runStrategy
}

test('UP95 UP96 UP97 the store is copied, rehearsed on and migrated by the new release, and given back, while a guest runs', async () => {
  await create('runs', true)
  await create('rests', false)
  const uid = uidOf((await untilGuestAnswers(server, 'runs')).instance)
  const pid = (): number | undefined => machineProcesses(server.dataFolder).find((machine) => machine.id === uid)?.pid
  const before = pid()
  expect(before).toBeDefined()
  const { store, rehearse, migrate } = platform()

  expect(await store.hasCopy(id)).toBe(false)
  await store.copy(id)
  expect(await store.hasCopy(id)).toBe(true)
  const copied = await openDiskStore({ path: join(server.dataFolder, 'store', `before-${id}.db`) })
  expect(copied.get('/kubevirt.io/virtualmachines/default/runs')?.text).toContain('"running":true')
  await copied.close()

  const rehearsal = await rehearse(version, id, never)
  expect(rehearsal).toEqual({ ok: true, problems: [], changes: 2, tookMs: expect.any(Number) as number })
  expect(await wishOf('runs')).toBe(true)
  const own = join(server.dataFolder, 'upgrades', id)
  expect(readdirSync(own)).toEqual(['rehearsal.json'])
  expect(JSON.parse(readFileSync(join(own, 'rehearsal.json'), 'utf8'))).toMatchObject({ ok: true, machines: 1 })

  const progress: number[][] = []
  const forward = await migrate({ version, id, direction: 'forward', onProgress: (done, of) => progress.push([done, of]) })
  expect(forward).toEqual({ migrations: ['running-to-run-strategy'], changed: 2, left: [] })
  expect(progress).toEqual([
    [0, 2],
    [2, 2],
  ])
  expect([await wishOf('runs'), await wishOf('rests')]).toEqual(['Always', 'Halted'])
  expect(await migrate({ version, id, direction: 'forward' })).toMatchObject({ changed: 0 })

  expect(await migrate({ version, id, direction: 'backward' })).toMatchObject({ changed: 2, left: [] })
  expect([await wishOf('runs'), await wishOf('rests')]).toEqual([true, false])
  await store.removeCopies(id)
  expect(await store.hasCopy(id)).toBe(false)
  expect(readdirSync(join(server.dataFolder, 'store')).filter((name) => name.includes(id))).toEqual([])
  expect(pid()).toBe(before)
})

test('UP97 migrations that are aborted in the middle go on when they are asked for again, and back', async () => {
  const names = Array.from({ length: 120 }, (_, number) => `many-${number}`)
  for (const name of names) await create(name, false)
  const { migrate } = platform()
  const abort = new AbortController()
  const many = { version, id: 'c0ffee-2' }
  const onProgress = (done: number): void => void (done > 0 && abort.abort(new Error('aborted')))
  const first = migrate({ ...many, direction: 'forward', onProgress, signal: abort.signal })
  await expect(first).rejects.toThrow('aborted')
  const wishes = async () => new Set(await Promise.all(names.map(wishOf)))
  expect([...(await wishes())]).toContain('Halted')
  await migrate({ ...many, direction: 'forward' })
  expect(await wishes()).toEqual(new Set(['Halted']))
  expect(await migrate({ ...many, direction: 'backward' })).toMatchObject({ left: [] })
  expect(await wishes()).toEqual(new Set([false]))
})

test('UP97 a release that fails, is not there, or is not waited for any more is told, and leaves nothing behind', async () => {
  const { rehearse, migrate } = platform()
  await expect(rehearse('0.0.1', id, never)).rejects.toThrow('ENOENT')
  const broken = join(prefix, 'releases', '0.0.2', 'bin')
  mkdirSync(broken, { recursive: true })
  writeFileSync(join(broken, 'sheaf'), '#!/bin/sh\necho "out of luck" >&2\nexit 3\n', { mode: 0o755 })
  await expect(rehearse('0.0.2', id, never)).rejects.toThrow('0.0.2 could not rehearse (code 3): out of luck')
  await expect(migrate({ version: '0.0.2', id, direction: 'forward' })).rejects.toThrow(
    /did not go forward \(code 3\): out of luck/,
  )
  writeFileSync(join(broken, 'sheaf'), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 })
  const impatience = new AbortController()
  setTimeout(() => impatience.abort(new Error('somebody aborted')), 300)
  await expect(rehearse('0.0.2', id, impatience.signal)).rejects.toThrow('somebody aborted')
  expect(existsSync(join(server.dataFolder, 'upgrades', id, 'rehearsal.db'))).toBe(false)
  await expect(rehearse('0.0.2', '../..', never)).rejects.toThrow('cannot name an upgrade')
})

test('UP98 the programs say in their help that upgrades run them, and how they are misused', async () => {
  for (const command of ['rehearse', 'migrate-release']) {
    const { code, stdout } = await server.sheaf(command, '--help')
    expect(code).toBe(0)
    expect(stdout.toLowerCase()).toContain('for upgrades, not for people')
  }
  expect((await server.sheaf('--help')).stdout).toMatch(/migrate-release[^]*rehearse/)
  for (const args of [['rehearse'], ['rehearse', '--store', '/nowhere.db'], ['rehearse', '--bad'], ['migrate-release']])
    expect(await server.sheaf(...args)).toMatchObject({ code: 2, stdout: '' })
  const unreachable = ['--kubeconfig', server.kubeconfig, '--url', 'https://127.0.0.1:9', '--journal', join(prefix, 'j')]
  const { code, stdout } = await server.sheaf('migrate-release', ...unreachable, '--direction', 'forward')
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'failed', message: expect.stringContaining('127.0.0.1:9') as string })
})
