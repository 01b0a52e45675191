// A supervisor and the releases that it starts, in processes of their own: whoever has filled the slots of a folder talks to them
// as to any server.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, createClient, type Fetch } from '@sheaf/api/client'
import { httpsFetch } from '../../packages/cli/src/https-fetch.ts'
import { readSlots, type Slots } from '../../packages/server/src/supervisor/slots.ts'
import { eventually } from './eventually.ts'
import { endMachineProcesses } from './machine-processes.ts'
import { readKubeconfig, run, type ServerProcess } from './server-process.ts'

export interface SupervisorProcess extends ServerProcess {
  slots(): Slots
  /** When a line that holds this text came, after that moment; milliseconds of the monotonic clock. */
  cameAt(text: string, afterMs: number): number | undefined
}

interface Installation {
  /** Of the test's own; goes at the end. */
  folder: string
  /** Holds `bin/sheaf` and the slots. */
  prefix: string
  dataFolder: string
  port: number
}

export async function startSupervisorProcess({ folder, prefix, dataFolder, port }: Installation): Promise<SupervisorProcess> {
  const kubeconfig = join(dataFolder, 'kubeconfig')
  const environment = { ...process.env, SHEAF_DATA: dataFolder, SHEAF_PORT: String(port), SHEAF_ACCEL: 'tcg' }
  const program = join(prefix, 'bin', 'sheaf')
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
    cameAt,
  }
}
