// Looks again and again at what must hold all the time, until it is stopped.

import { setTimeout as pause } from 'node:timers/promises'
import type { VirtualMachineInstance } from '@sheaf/api'
import { doubledMachines, type MachineProcess, machineProcesses } from './machine-processes.ts'
import type { ServerProcess } from './server-process.ts'
import { askGuest } from './virtual-machines.ts'

export interface Sampling {
  stop(): Promise<void>
}

function sample(everyMs: number, look: () => Promise<void> | void): Sampling {
  let isStopping = false
  const done = (async () => {
    while (!isStopping) {
      await look()
      await pause(everyMs)
    }
  })()
  return {
    async stop() {
      isStopping = true
      await done
    },
  }
}

export interface ProcessSampling extends Sampling {
  /** Every process that was ever seen, by machine. */
  readonly pids: ReadonlyMap<string, ReadonlySet<number>>
  /** Each look at which a machine had more than one. */
  readonly doubled: readonly MachineProcess[]
}

const processLookMs = 50

export function sampleProcesses(dataFolder: string): ProcessSampling {
  const pids = new Map<string, Set<number>>()
  const doubled: MachineProcess[] = []
  const sampling = sample(processLookMs, () => {
    const processes = machineProcesses(dataFolder)
    for (const { id, pid } of processes) pids.set(id, (pids.get(id) ?? new Set()).add(pid))
    doubled.push(...doubledMachines(processes))
  })
  return { ...sampling, pids, doubled }
}

export interface HeartbeatSampling extends Sampling {
  readonly beats: readonly { atMs: number; beat: number }[]
  /** Questions that the guest did not answer. */
  readonly silences: readonly string[]
}

/** A guest counts its seconds: often enough to see each number. */
const heartbeatLookMs = 300

export function sampleHeartbeat(instance: VirtualMachineInstance): HeartbeatSampling {
  const beats: { atMs: number; beat: number }[] = []
  const silences: string[] = []
  const sampling = sample(heartbeatLookMs, async () => {
    try {
      const beat = Number(await askGuest(instance, '/heartbeat'))
      beats.push({ atMs: performance.now(), beat })
    } catch (error) {
      silences.push(String(error))
    }
  })
  return { ...sampling, beats, silences }
}

/** Where the count went back, jumped, or stood still for longer than a busy host explains. */
export function irregularities({ beats, silences }: HeartbeatSampling): string[] {
  const found = silences.map((silence) => `no answer: ${silence}`)
  let changedAtMs = beats[0]?.atMs ?? 0
  for (const [index, { atMs, beat }] of beats.entries()) {
    const before = beats[index - 1] ?? { atMs, beat }
    const mostBeats = Math.ceil((atMs - before.atMs) / 1000) + 1
    if (beat < before.beat || beat > before.beat + mostBeats) found.push(`${before.beat} was followed by ${beat}`)
    if (beat !== before.beat) changedAtMs = atMs
    if (atMs - changedAtMs > standstillMs) found.push(`stood still at ${beat} for ${Math.round(atMs - changedAtMs)} ms`)
  }
  return found
}

/** An emulated guest beside others on two cores misses a second or two. */
const standstillMs = 5_000

export interface GapSampling {
  /** The longest time between two answers of the API, in milliseconds. */
  stop(): Promise<number>
}

const gapLookMs = 10

export function sampleApiGap(server: Pick<ServerProcess, 'fetch'>): GapSampling {
  let longestMs = 0
  let lastMs = performance.now()
  const sampling = sample(gapLookMs, async () => {
    const answer = await server.fetch({ method: 'GET', path: '/version', headers: {} }).catch(() => undefined)
    if (answer?.status !== 200) return
    longestMs = Math.max(longestMs, performance.now() - lastMs)
    lastMs = performance.now()
  })
  return {
    async stop() {
      await sampling.stop()
      return longestMs
    },
  }
}
