// An installation, acted out: releases, a store that is copied, a supervisor, journals. It outlives every control plane that is
// opened over it, and fails or hangs where it is told to.

import type { Clock, Timer } from '@sheaf/api/meta'
import type { JournalEntry } from './journal.ts'
import type { RollbackEntry } from './rollback/rollback-journal.ts'
import { type OnProgress, type Outcome, type Platform, type Release, ReleaseRefused, type UpgradeLogLine } from './platform.ts'

export type FaultyStation =
  | 'signature'
  | 'payload'
  | 'rehearsal'
  | 'snapshot'
  | 'migrations'
  | 'takingBack'
  | 'switch'
  | 'hostServing'

export interface SimulatedPlatform {
  readonly platform: Platform
  readonly release: Release
  version: string
  previous: string | undefined
  outcome: Outcome | undefined
  readonly fails: Map<FaultyStation, string>
  readonly hangs: Set<FaultyStation>
  readonly unpacked: Set<string>
  readonly copies: Set<string>
  readonly migrated: Set<string>
  readonly journals: Map<string, JournalEntry[]>
  readonly logs: Map<string, UpgradeLogLine[]>
  readonly rollbacks: Map<string, RollbackEntry[]>
  /** Migrations that a release knows, by its version. */
  readonly knownTo: Map<string, readonly string[]>
  readonly bundles: Map<string, readonly { name: string; text: string }[]>
  certificatesEndMs: number
  /** How many supervisors were asked to try the release. */
  trials: number
  /** The process ends: another one takes its place. */
  onHandOver: () => void
  /** Called when a release begins to load; what it answers tells later whether the process that asked for it lives on. */
  askerOf: () => () => boolean
}

/** How long each takes: longer than a look at it, so that it is seen under way. */
const workMs = 2_500
const trialMs = 3_000
const yearMs = 365 * 24 * 60 * 60 * 1000
const mib = 1024 * 1024

export function simulatePlatform(clock: Clock): SimulatedPlatform {
  const world: SimulatedPlatform = {
    platform: undefined as unknown as Platform,
    release: sampleRelease,
    version: '1.0.0',
    previous: undefined,
    outcome: undefined,
    fails: new Map(),
    hangs: new Set(),
    unpacked: new Set(),
    copies: new Set(),
    migrated: new Set(),
    journals: new Map(),
    logs: new Map(),
    rollbacks: new Map(),
    knownTo: new Map(),
    bundles: new Map(),
    certificatesEndMs: clock.now() + yearMs,
    trials: 0,
    onHandOver: () => {},
    askerOf: () => () => true,
  }

  async function work(station: FaultyStation, signal?: AbortSignal, onProgress?: OnProgress): Promise<void> {
    onProgress?.(10 * mib, 40 * mib)
    await wait(world.hangs.has(station) ? Number.POSITIVE_INFINITY : workMs, signal)
    const why = world.fails.get(station)
    if (why !== undefined) throw new ReleaseRefused('Refused', why)
  }

  function wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = Number.isFinite(ms) ? clock.after(ms, resolve) : undefined
      signal?.addEventListener('abort', () => {
        timer?.cancel()
        reject(new Error('it was given up'))
      })
    })
  }

  let loading: Timer | undefined

  /** The release takes over, and proves itself or is taken back. */
  function tryRelease(version: string, id: string): void {
    world.trials++
    const before = world.version
    const isAlive = world.askerOf()
    // Whoever asks again has not been told to hand over yet: only the last one asked counts.
    loading?.cancel()
    loading = clock.after(500, () => {
      loading = undefined
      if (!isAlive()) {
        world.outcome = { version, id, result: 'taken-back', why: `${before} ended before it could hand over` }
        return
      }
      world.version = version
      // Of a trial that is under way nobody knows the end.
      world.outcome = undefined
      world.onHandOver()
      clock.after(trialMs, () => endTrial(before, version, id))
    })
  }

  function endTrial(before: string, version: string, id: string): void {
    const why = world.fails.get('switch')
    world.outcome = { version, id, result: why === undefined ? 'confirmed' : 'taken-back', ...(why === undefined ? {} : { why }) }
    if (why === undefined) world.previous = before
    else {
      world.version = before
      world.onHandOver()
    }
  }

  const platform: Platform = {
    process: 'the only one',
    installed: () => ({ version: world.version, supervisorVersion: '1.0.0', previous: world.previous, outcome: world.outcome }),
    releases: {
      async verify(_iso, onProgress, signal) {
        await work('signature', signal, onProgress)
        return world.release
      },
      async inspect() {
        const why = world.fails.get('signature')
        if (why !== undefined) throw new ReleaseRefused('untrusted', why)
        return world.release
      },
      async fetch(_source, { version }, onProgress, signal) {
        await work('payload', signal, onProgress)
        world.unpacked.add(version)
      },
      list: async () => [...world.unpacked],
      migrationsOf: async (version) => world.knownTo.get(version) ?? [],
      discard: async (version) => void world.unpacked.delete(version),
      async serveIso() {
        const why = world.fails.get('hostServing')
        if (why !== undefined) throw new Error(why)
        return { url: 'http://127.0.0.1:40000/harvester-iso', close: async () => {} }
      },
    },
    store: {
      async copy(id) {
        await work('snapshot')
        world.copies.add(id)
      },
      hasCopy: async (id) => world.copies.has(id),
      removeCopies: async (id) => void world.copies.delete(id),
    },
    async rehearse(_version, _id, signal) {
      const why = world.fails.get('rehearsal')
      world.fails.delete('rehearsal')
      await work('rehearsal', signal)
      return { ok: why === undefined, problems: why === undefined ? [] : [why], changes: 1, tookMs: workMs }
    },
    async migrate({ id, direction, keep = [], isDryRun, onProgress, signal }) {
      const isKept = direction === 'backward' && keep.includes('run-strategy')
      const report = { migrations: isKept ? [] : ['run-strategy'], changed: isKept ? 0 : 1, left: [] }
      if (isDryRun === true || isKept) return report
      if (direction === 'backward') {
        const why = world.fails.get('takingBack')
        if (why !== undefined) throw new Error(why)
        world.migrated.delete(id)
        return report
      }
      // What fails half way has rewritten some of it.
      world.migrated.add(id)
      await work('migrations', signal, onProgress)
      return report
    },
    async switchTo(version, id) {
      if (world.outcome?.id === id) throw new Error('a trial that has ended was asked for again')
      tryRelease(version, id)
      return { kind: 'handed-over' }
    },
    journal: (id) => ({
      async append(entry) {
        world.journals.set(id, [...(world.journals.get(id) ?? []), structuredClone(entry)])
      },
      read: async () => structuredClone(world.journals.get(id) ?? []),
    }),
    rollbackJournal: (id) => ({
      async append(entry) {
        world.rollbacks.set(id, [...(world.rollbacks.get(id) ?? []), structuredClone(entry)])
      },
      read: async () => structuredClone(world.rollbacks.get(id) ?? []),
    }),
    log: (id) => ({
      append: (line) => void world.logs.set(id, [...(world.logs.get(id) ?? []), line]),
      path: `/upgrades/${id}/log.jsonl`,
      async *read() {
        for (const line of world.logs.get(id) ?? []) yield Buffer.from(`${JSON.stringify(line)}\n`)
      },
    }),
    bundle: (id) => ({
      make: async (files) => void world.bundles.set(id, files),
      async read() {
        const files = world.bundles.get(id)
        return files === undefined ? undefined : pieces(files)
      },
    }),
    facts: async () => ({
      disk: { path: '/data', freeBytes: 1024 ** 4 },
      inodes: { path: '/data', freeFiles: 1_000_000 },
      storeBytes: mib,
      storeProblem: undefined,
      clockIsKept: true,
      certificateEndsMs: world.certificatesEndMs,
      authorityEndsMs: world.certificatesEndMs,
      qemuVersion: '7.2.0',
    }),
    async renewCertificates(withinMs) {
      if (world.certificatesEndMs - clock.now() < withinMs) world.certificatesEndMs = clock.now() + yearMs
    },
    leftovers: { find: async () => [], remove: async () => {} },
    async forget(id) {
      for (const kept of [world.journals, world.rollbacks, world.logs, world.bundles]) kept.delete(id)
      world.copies.delete(id)
    },
  }
  return Object.assign(world, { platform })
}

async function* pieces(files: readonly { name: string }[]): AsyncGenerator<Uint8Array> {
  for (const { name } of files) yield Buffer.from(name)
}

const sampleRelease: Release = {
  version: '1.1.0',
  keyId: '0123456789ABCDEF',
  releaseDate: '2025-12-24T00:00:00Z',
  knownRisks: [],
  migrations: ['run-strategy'],
  description: 'version: 1.1.0',
  sizeBytes: 60 * mib,
  payload: {
    path: 'payload.tar.zst',
    sizeBytes: 40 * mib,
    sha512: '0'.repeat(128),
    unpackedBytes: 120 * mib,
    unpackedFiles: 300,
  },
}
