// An installation with two slots and a supervisor of its own, in a temporary folder: what tests of an upgrade talk to. The other
// slot can be made faulty, in ways that no switch of the product could make it.

import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type Fetch } from '@sheaf/api/client'
import { httpsFetch } from '../../packages/cli/src/https-fetch.ts'
import { prefixProgramText } from '../../packages/server/src/install/prefix-program.ts'
import { metadataText } from '../../packages/server/src/release/metadata.ts'
import { readSlots, type Slots, writeSlots } from '../../packages/server/src/supervisor/slots.ts'
import { stagePayload } from '../../tools/release/payload.ts'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { endMachineProcesses } from './machine-processes.ts'
import { root } from './repository-root.ts'
import { readKubeconfig, run, type ServerProcess } from './server-process.ts'

export const [ownVersion, otherVersion] = ['1.0.0', '1.1.0']

export type Fault =
  | 'none'
  | 'exits at once'
  | 'hangs while it loads'
  | 'hangs after it took over'
  | 'says that it is unfit'
  | 'never proves itself'

export interface SupervisedServer extends ServerProcess {
  slots(): Slots
  /** Of the release in the other slot. */
  makeOther(fault: Fault): void
  /** When a line that holds this text came, after that moment; milliseconds of the monotonic clock. */
  cameAt(text: string, afterMs: number): number | undefined
}

export async function startSupervisedServer(): Promise<SupervisedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-slots-'))
  const [prefix, dataFolder] = [join(folder, 'sheaf'), join(folder, 'data')]
  mkdirSync(dataFolder)
  symlinkSync(join(root, '.generated', 'images'), join(dataFolder, 'images'))
  await stageSlots(folder, prefix)
  const port = await freePort()
  const environment = { ...process.env, SHEAF_DATA: dataFolder, SHEAF_PORT: String(port), SHEAF_ACCEL: 'tcg' }
  const program = join(prefix, 'bin', 'sheaf')
  writeFileSync(program, prefixProgramText({ dataFolder, port }), { mode: 0o755 })
  const kubeconfig = join(dataFolder, 'kubeconfig')
  const lines: { atMs: number; text: string }[] = []
  const warnings: string[] = []
  let child: ChildProcess | undefined
  let fetch: Fetch

  async function start(): Promise<void> {
    const startMs = performance.now()
    child = spawn(program, ['supervise'], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.on('data', (chunk: Buffer) => {
      const atMs = performance.now()
      for (const text of chunk.toString().split('\n')) lines.push({ atMs, text })
    })
    // One that is on its way out may still answer.
    const isUp = (): boolean => cameAt('ready url', startMs) !== undefined
    await eventually('the server is ready', async () => isUp() && (await isReady()), 60_000).catch((cause: unknown) => {
      throw new Error(`the server is not ready:\n${log()}`, { cause })
    })
  }

  async function isReady(): Promise<boolean> {
    if (!existsSync(kubeconfig)) return false
    fetch = httpsFetch(readKubeconfig(kubeconfig))
    return (await fetch({ method: 'GET', path: '/readyz', headers: {} })).status === 200
  }

  async function kill(signal: NodeJS.Signals): Promise<void> {
    const running = child
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const ended = new Promise((resolve) => running.once('exit', resolve))
    running.kill(signal)
    await ended
  }

  const cameAt = (text: string, afterMs: number): number | undefined =>
    lines.find((line) => line.atMs > afterMs && line.text.includes(text))?.atMs
  const log = (): string => lines.map(({ text }) => text).join('\n')

  async function dispose(): Promise<void> {
    await kill('SIGTERM')
    await endMachineProcesses(dataFolder)
    rmSync(folder, { recursive: true, force: true })
  }

  try {
    await start()
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    dataFolder,
    kubeconfig,
    get pid() {
      return child?.pid ?? 0
    },
    get client(): Client {
      return createClient({ fetch, userAgent: 'sheaf-e2e', onWarning: (text) => warnings.push(text) })
    },
    get fetch() {
      return fetch
    },
    log,
    warnings,
    kill,
    start,
    sheaf: (...args) => run(program, args, environment),
    dispose,
    slots: () => readSlots(prefix),
    makeOther(fault) {
      const slot = join(prefix, 'releases', otherVersion)
      rmSync(slot, { force: true })
      symlinkSync(join(folder, fault), slot)
    },
    cameAt,
  }
}

/** One payload, staged once; each slot is a copy with a version and perhaps a fault. */
async function stageSlots(folder: string, prefix: string): Promise<void> {
  const payload = join(folder, 'payload')
  await stagePayload(root, payload)
  for (const part of ['releases', 'supervisor', 'bin']) mkdirSync(join(prefix, part), { recursive: true })
  copySlot(payload, join(prefix, 'releases', ownVersion), ownVersion)
  for (const [fault, change] of Object.entries(faults)) {
    copySlot(payload, join(folder, fault), otherVersion)
    change(join(folder, fault))
  }
  symlinkSync(join(folder, 'none'), join(prefix, 'releases', otherVersion))
  linkSync(join(payload, 'bin', 'node'), join(prefix, 'supervisor', 'node'))
  cpSync(join(payload, 'dist', 'supervisor.mjs'), join(prefix, 'supervisor', 'supervisor.mjs'))
  writeSlots(prefix, { current: ownVersion, previous: otherVersion })
}

function copySlot(payload: string, slot: string, version: string): void {
  mkdirSync(join(slot, 'bin'), { recursive: true })
  // It is a hundred megabytes.
  linkSync(join(payload, 'bin', 'node'), join(slot, 'bin', 'node'))
  cpSync(join(payload, 'bin', 'sheaf'), join(slot, 'bin', 'sheaf'))
  cpSync(join(payload, 'dist'), join(slot, 'dist'), { recursive: true })
  const metadata = {
    version,
    releaseDate: '2027-01-01T00:00:00Z',
    knownRisks: [],
    migrations: [],
    notes: { en: 'A test.', zh: '测试。' },
    payload: { path: 'none', unpackedBytes: 0, unpackedFiles: 0 },
  }
  writeFileSync(join(slot, 'release.yaml'), metadataText(metadata))
}

const faults: Readonly<Record<Fault, (slot: string) => void>> = {
  none: () => {},
  'exits at once': (slot) => writeFileSync(join(slot, 'bin', 'sheaf'), '#!/bin/sh\nexit 3\n'),
  'hangs while it loads': (slot) => writeFileSync(join(slot, 'bin', 'sheaf'), '#!/bin/sh\nexec sleep 600\n'),
  'hangs after it took over': (slot) => patch(slot, 'judgeHealth', "console.error('it hangs now'); for (;;);"),
  'says that it is unfit': (slot) => patch(slot, 'judgeHealth', "return { kind: 'unfit', why: 'it was made to fail' };"),
  'never proves itself': (slot) => patch(slot, 'judgeHealth', "return { kind: 'not-yet', waitingFor: 'nothing' };"),
}

/** Puts a statement before all others of a function in the bundle. */
function patch(slot: string, name: string, statement: string): void {
  const path = join(slot, 'dist', 'server.mjs')
  const text = readFileSync(path, 'utf8')
  const patched = text.replace(new RegExp(`function ${name}\\(.*\\) \\{\\n`), (head) => `${head}${statement}\n`)
  if (patched === text) throw new Error(`${path} has no function ${name}`)
  writeFileSync(path, patched)
}
