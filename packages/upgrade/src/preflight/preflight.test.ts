import { describe, expect, it } from 'vitest'
import type { PreflightFacts, ReleaseFacts } from './facts.ts'
import { checks, preflight } from './preflight.ts'

const dayMs = 86_400_000
const nowMs = Date.parse('2027-03-01T00:00:00Z')

const goodRelease: ReleaseFacts = {
  version: '1.1.0',
  minUpgradableVersion: '1.0.0',
  minSupervisorVersion: '1.0.0',
  signature: { state: 'trusted', keyId: 'A1B2' },
  releasedMs: nowMs - 10 * dayMs,
  expiresMs: nowMs + 300 * dayMs,
  newestSeenVersion: '1.0.0',
  knownRisks: [],
}

const good: PreflightFacts = {
  installedVersion: '1.0.0',
  supervisorVersion: '1.0.0',
  release: goodRelease,
  nowMs,
  disk: { free: 10e9, needed: 1e9, path: '/data' },
  inodes: { free: 1e6, needed: 100, path: '/data' },
  memory: { free: 4e9, needed: 256e6 },
  clockIsKept: true,
  certificateEndsMs: nowMs + 100 * dayMs,
  authorityEndsMs: nowMs + 1_000 * dayMs,
  storeProblem: undefined,
  inProgress: [],
  imagesArriving: [],
  machinesInTransition: [],
  machinesNotAdopted: [],
  deprecated: { stored: [], clients: [] },
  qemu: { hostVersion: '7.2', machinesOnOlder: [], unsupportedMachineTypes: [] },
  leftovers: [],
}

const release = (more: Partial<ReleaseFacts>): Partial<PreflightFacts> => ({ release: { ...goodRelease, ...more } })

it('a machine in good order passes every check', () => {
  expect(preflight(good).checks.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
})

describe.each<[string, 'warn' | 'fail', string, Partial<PreflightFacts>]>([
  ['version-path', 'fail', 'upgrade to 1.0.5 first', release({ minUpgradableVersion: '1.0.5' })],
  ['version-path', 'fail', 'older than the installed', release({ version: '0.9.0', newestSeenVersion: undefined })],
  [
    'signature',
    'fail',
    'by a key that',
    release({ signature: { state: 'untrusted', message: 'signed by a key that is not trusted' } }),
  ],
  ['signature', 'fail', 'no signature', release({ signature: { state: 'missing', message: 'it has no signature' } })],
  ['signature', 'warn', 'not here yet', release({ signature: undefined })],
  ['freshness', 'fail', 'expired on 2027-02-28', release({ expiresMs: nowMs - dayMs })],
  ['freshness', 'fail', 'clock says', release({ releasedMs: nowMs + 30 * dayMs })],
  ['freshness', 'warn', 'release is of 2026-0', release({ releasedMs: nowMs - 300 * dayMs })],
  ['not-older-than', 'fail', '1.2.0 was installed here', release({ newestSeenVersion: '1.2.0' })],
  ['known-risks', 'warn', 'R1: disks', release({ knownRisks: [{ id: 'R1', summary: 'disks', mend: 'Look.' }] })],
  ['supervisor', 'fail', 'not started by the supervisor', { supervisorVersion: undefined }],
  ['supervisor', 'fail', 'needs supervisor 2.0.0', release({ minSupervisorVersion: '2.0.0' })],
  ['disk', 'fail', '954 MiB are needed', { disk: { free: 1e6, needed: 1e9, path: '/data' } }],
  ['inodes', 'fail', 'room for 3', { inodes: { free: 3, needed: 100, path: '/data' } }],
  ['memory', 'fail', 'the repo VM takes', { memory: { free: 1, needed: 256e6 } }],
  ['clock', 'warn', 'no time service', { clockIsKept: false }],
  ['certificates', 'fail', 'in 3 days', { certificateEndsMs: nowMs + 3 * dayMs }],
  ['certificates', 'fail', 'has ended', { certificateEndsMs: nowMs - dayMs }],
  ['certificates', 'fail', 'in 3 days', { authorityEndsMs: nowMs + 3 * dayMs }],
  ['certificates', 'warn', 'authority ends in 89 days', { authorityEndsMs: nowMs + 89 * dayMs }],
  ['store', 'fail', 'damaged', { storeProblem: 'the file is damaged' }],
  ['in-progress', 'fail', 'VirtualMachineBackup a/b', { inProgress: ['VirtualMachineBackup a/b'] }],
  ['in-progress', 'warn', 'images are on their way here: a/b', { imagesArriving: ['a/b'] }],
  ['machines-in-transition', 'warn', 'a/b', { machinesInTransition: ['a/b'] }],
  ['machines-not-adopted', 'fail', 'and 1 more', { machinesNotAdopted: ['a', 'b', 'c', 'd', 'e', 'f'] }],
  [
    'deprecated-fields',
    'warn',
    'spec.running (2)',
    { deprecated: { stored: [{ field: 'spec.running', count: 2 }], clients: [] } },
  ],
  ['deprecated-fields', 'warn', 'kubectl', { deprecated: { stored: [], clients: ['kubectl'] } }],
  ['qemu', 'fail', 'pc-q35-2.0', { qemu: { hostVersion: '9.0', machinesOnOlder: [], unsupportedMachineTypes: ['pc-q35-2.0'] } }],
  ['qemu', 'fail', 'cannot be asked', { qemu: { hostVersion: undefined, machinesOnOlder: [], unsupportedMachineTypes: [] } }],
  ['qemu', 'warn', 'a/b', { qemu: { hostVersion: '9.0', machinesOnOlder: ['a/b'], unsupportedMachineTypes: [] } }],
  ['leftovers', 'fail', 'upgrade-repo-x', { leftovers: ['VirtualMachine upgrade-repo-x'] }],
])('%s: %s, because of "%s"', (id, verdict, words, facts) => {
  it('is told alone, with a way out', () => {
    const { checks: results, blockers } = preflight({ ...good, ...facts })
    const found = results.filter((result) => result.verdict !== 'pass')
    expect(found.map((result) => [result.id, result.verdict])).toEqual([[id, verdict]])
    expect(found[0]?.why).toContain(words)
    expect(found[0]).toHaveProperty('mend', expect.stringMatching(/\S/))
    expect(blockers).toHaveLength(verdict === 'fail' ? 1 : 0)
    // What it says --fix does is what the page about the checks says.
    const fix = found[0]?.fix
    expect([undefined, checks.find((check) => check.id === id)?.fix]).toContain(fix)
  })
})

it('an overridden check blocks no longer and stays told, unless it may not be overridden', () => {
  const facts = { ...good, machinesNotAdopted: ['a'], storeProblem: 'damaged' }
  const { checks: results, blockers } = preflight(facts, ['machines-not-adopted', 'store'])
  expect(blockers.map(({ id }) => id)).toEqual(['store'])
  expect(results.find(({ id }) => id === 'machines-not-adopted')).toMatchObject({ verdict: 'fail', isOverridden: true })
})

it('every check has a name of its own', () => {
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length)
})
