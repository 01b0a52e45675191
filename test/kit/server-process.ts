// A real `sheaf serve` in a process of its own, on a data folder of its own and a free port: what end-to-end tests
// talk to. Everything it leaves behind is taken away at the end, guests included.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient, type Fetch } from '@sheaf/api/client'
import { httpsFetch } from '../../packages/cli/src/https-fetch.ts'
import { endMachineProcesses } from './machine-processes.ts'
import { root } from './repository-root.ts'

export interface ServerProcess {
  dataFolder: string
  kubeconfig: string
  /** Of the server that runs now. */
  readonly pid: number
  readonly client: Client
  readonly fetch: Fetch
  /** All that it wrote to its log since the data folder was made. */
  readonly log: () => string
  /** Warnings that `client` and `sheaf` received. */
  readonly warnings: string[]
  kill(signal: NodeJS.Signals): Promise<void>
  /** Starts it again on the same data folder, after `kill`. */
  start(): Promise<void>
  /** Runs `sheaf ARGS` against it. */
  sheaf(...args: string[]): Promise<ProgramResult>
  /** Ends the server and its guests, and removes the data folder. Throws when one of Sheaf's own clients was warned. */
  dispose(): Promise<void>
}

export interface ProgramResult {
  code: number
  stdout: string
  stderr: string
}

export const sheafProgram = join(root, 'bin', 'sheaf')
/** Made once for all tests; a test's data folder links to it. */
const imageLibrary = join(root, '.generated', 'images')

/** What the server writes to its log when one of its own requests is answered with a warning. */
const ownWarning = 'our own request was warned about'

const readyDeadlineMs = 60_000
const lookMs = 20

export interface ServerProcessOptions {
  environment?: Record<string, string>
  /** Further words for `sheaf serve`. */
  words?: readonly string[]
  port?: number
  /** An empty folder of the test's own, on a disk of its own; removed at the end as well. */
  dataFolder?: string
}

export async function startServerProcess(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'sheaf-e2e-'))
  if (existsSync(imageLibrary)) {
    symlinkSync(imageLibrary, join(dataFolder, 'images'))
  }
  const environment = {
    ...process.env,
    SHEAF_DATA: dataFolder,
    SHEAF_PORT: String(options.port ?? 0),
    SHEAF_ACCEL: 'tcg',
    ...options.environment,
  }
  let log = ''
  let child: ChildProcess | undefined
  let fetch: Fetch
  const warnings: string[] = []
  const kubeconfig = join(dataFolder, 'kubeconfig')

  async function start(): Promise<void> {
    await kill('SIGKILL')
    rmSync(kubeconfig, { force: true })
    child = spawn(sheafProgram, ['serve', ...(options.words ?? [])], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
    const deadline = Date.now() + readyDeadlineMs
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}:\n${log}`)
      if (Date.now() > deadline) throw new Error(`the server was not ready in time:\n${log}`)
      if (await isReady()) return
      await pause(lookMs)
    }
  }

  async function isReady(): Promise<boolean> {
    if (!existsSync(kubeconfig)) return false
    fetch = httpsFetch(readKubeconfig(kubeconfig))
    const answer = await fetch({ method: 'GET', path: '/readyz', headers: {} }).catch(() => undefined)
    return answer?.status === 200
  }

  async function kill(signal: NodeJS.Signals): Promise<void> {
    const running = child
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const ended = new Promise((resolve) => running.once('exit', resolve))
    running.kill(signal)
    await ended
  }

  /** Guests are not asked: a test that fails leaves some that would not listen. */
  async function dispose(): Promise<void> {
    await kill('SIGKILL')
    await endMachineProcesses(dataFolder)
    rmSync(dataFolder, { recursive: true, force: true })
  }

  /** Sheaf keeps to what it asks of others: whatever a test does, none of its own clients sends what is deprecated. */
  function checkOwnWarnings(): void {
    const inLog = log.split('\n').filter((line) => line.includes(ownWarning))
    const all = [...inLog, ...warnings]
    if (all.length > 0) throw new Error(`Sheaf's own clients were warned:\n${all.join('\n')}`)
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
    get client() {
      return createClient({ fetch, userAgent: 'sheaf-e2e', onWarning: (text) => warnings.push(text) })
    },
    get fetch() {
      return fetch
    },
    log: () => log,
    warnings,
    kill,
    start,
    async sheaf(...args) {
      const result = await run(sheafProgram, args, environment)
      warnings.push(...result.stderr.split('\n').filter((line) => line.startsWith('Warning: ')))
      return result
    },
    async dispose() {
      await dispose()
      checkOwnWarnings()
    },
  }
}

export function readKubeconfig(path: string): { server: URL; authorityPem: string; authorization: string } {
  const config = JSON.parse(readFileSync(path, 'utf8')) as {
    clusters: { cluster: { server: string; 'certificate-authority-data': string } }[]
    users: { user: { token: string } }[]
  }
  const cluster = config.clusters[0]?.cluster
  if (cluster === undefined) throw new Error(`${path} names no cluster`)
  return {
    server: new URL(cluster.server),
    authorityPem: Buffer.from(cluster['certificate-authority-data'], 'base64').toString('utf8'),
    authorization: `Bearer ${config.users[0]?.user.token ?? ''}`,
  }
}

/** Runs a program to its end. `input` is what it reads. */
export function run(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
  input?: string,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }))
    // A program that does not read its input to the end may close it early.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
