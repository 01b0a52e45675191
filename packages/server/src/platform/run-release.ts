// Runs a program of a release that does not serve yet, beside this one: with less right to the processors, with limits, and
// gone when nobody waits for it any more.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants, setPriority } from 'node:os'
import { createInterface } from 'node:readline'

export interface ReleaseRun {
  /** `…/bin/sheaf` */
  program: string
  args: readonly string[]
  /** Of its heap: what is beyond is not worth the memory of the guests. */
  heapMegabytes: number
  timeoutMs: number
  signal: AbortSignal
  onLine: (line: string) => void
}

export interface ReleaseEnd {
  code: number | null
  /** The end of what it wrote to its log; empty when it was silent. */
  lastWords: string
}

/** Whoever does not listen to SIGTERM has had the time to tidy up. */
const graceMs = 5_000
/** Enough for a stack. */
const lastWordsLength = 4_000

/** Throws when it cannot be started, when it takes too long, and when the signal says so. */
export async function runRelease({ program, args, heapMegabytes, timeoutMs, signal, onLine }: ReleaseRun): Promise<ReleaseEnd> {
  signal.throwIfAborted()
  const { SHEAF_PREFIX: _prefix, SHEAF_SUPERVISOR: _supervisor, SHEAF_PROGRAM: _program, ...environment } = process.env
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment, NODE_OPTIONS: `--max-old-space-size=${heapMegabytes}` },
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  let lastResort: NodeJS.Timeout | undefined
  const end = (): void => {
    child.kill('SIGTERM')
    lastResort = setTimeout(() => child.kill('SIGKILL'), graceMs)
  }
  limit.addEventListener('abort', end, { once: true })
  let lastWords = ''
  child.stderr.on('data', (chunk: Buffer) => (lastWords = `${lastWords}${chunk.toString()}`.slice(-lastWordsLength)))
  createInterface({ input: child.stdout }).on('line', onLine)
  child.once('spawn', () => yieldTo(child.pid))
  try {
    const [code] = await ended
    signal.throwIfAborted()
    if (limit.aborted) throw new Error(`${program} ${args[0]} was not done within ${timeoutMs / 1000} s`)
    return { code, lastWords: lastWords.trim() }
  } finally {
    clearTimeout(lastResort)
    limit.removeEventListener('abort', end)
  }
}

/** Guests and this server go first. It may have ended already. */
function yieldTo(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Then there is nothing to slow down.
  }
}

/** Undefined for what is no JSON object: another release may say more than we know. */
export function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
