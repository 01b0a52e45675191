// docs/spec/sets.md: what a pool does next.

import type { VirtualMachine, VirtualMachineInstance, VirtualMachinePool } from '@sheaf/api'
import { expect, test } from 'vitest'
import { sampleRandom } from '../virtualmachine/sample-objects.fixture.ts'
import { decideNextStep, mostUnavailable, type Step } from './decide.ts'
import { nowMs, sampleMember, samplePool, sampleRun } from './sample-pool.fixture.ts'
import { statusOf } from './status.ts'

/** `scaleIn shop-1`, `scaleOut 0 2` */
function told(step: Step): string {
  if (step.kind === 'waitUntil') return `wait ${step.timeMs - nowMs} ms`
  if (step.kind === 'scaleOut') return ['scaleOut', ...step.ordinals].join(' ')
  return step.kind === 'none' ? 'none' : [step.kind, ...step.machines.map(({ metadata }) => metadata.name)].join(' ')
}

function next(pool: VirtualMachinePool, machines: VirtualMachine[], instances?: VirtualMachineInstance[]): string {
  const running = instances ?? machines.map((machine) => sampleRun(machine))
  return told(decideNextStep(pool, { machines, instances: running, nowMs, random: sampleRandom() }))
}

const of = (pool: VirtualMachinePool, ...ordinals: number[]) => ordinals.map((ordinal) => sampleMember(pool, ordinal))

const pool = samplePool()
const foreign: VirtualMachine = { ...sampleMember(pool, 0), metadata: { name: 'shop-0', namespace: 'default', uid: 'foreign' } }

test.each<[string, VirtualMachinePool, VirtualMachine[], string]>([
  ['VP7 members are numbered from zero', pool, [], 'scaleOut 0 1'],
  ['VP7 the lowest free number is taken first', samplePool({ replicas: 3 }), of(pool, 1, 2), 'scaleOut 0'],
  ['VP7 a name that another VM bears is passed over', pool, [foreign, ...of(pool, 1)], 'scaleOut 2'],
  [
    'VP7 a member on its way out keeps its number until it is gone',
    pool,
    [sampleMember(pool, 0, { leaving: true }), ...of(pool, 1)],
    'none',
  ],
  ['VP7 ten at a time', samplePool({ replicas: 12 }), [], 'scaleOut 0 1 2 3 4 5 6 7 8 9'],
  ['VP14 a paused pool does nothing', samplePool({ paused: true }), of(pool, 0, 1, 2), 'none'],
  ['VP15 a member that lost the labels is released', pool, [sampleMember(pool, 0, { labels: {} })], 'release shop-0'],
  ['VP17 a pool that is being deleted does nothing', samplePool({ deleting: true }), [], 'none'],
])('%s', (_name, given, machines, step) => {
  expect(next(given, machines)).toBe(step)
})

const shrinking = (sortPolicy?: string, more: Partial<VirtualMachinePool['spec']> = {}) =>
  samplePool({
    replicas: 1,
    scaleInStrategy: { proactive: { selectionPolicy: sortPolicy === undefined ? {} : { sortPolicy } } },
    ...more,
  })
const three = [sampleMember(pool, 0, { born: 2 }), sampleMember(pool, 2, { born: 0 }), sampleMember(pool, 1, { born: 1 })]

test.each([
  ['AscendingOrder', 'scaleIn shop-0 shop-1'],
  ['DescendingOrder', 'scaleIn shop-2 shop-1'],
  ['Oldest', 'scaleIn shop-2 shop-1'],
  ['Newest', 'scaleIn shop-0 shop-1'],
  ['Random', 'scaleIn shop-2 shop-1'],
  [undefined, 'scaleIn shop-2 shop-1'],
])('VP12 of too many go, in the order %s', (sortPolicy, step) => {
  expect(next(shrinking(sortPolicy), three)).toBe(step)
})

test('VP12 only those that the selectors let through go', () => {
  const labelSelector = { matchLabels: { tier: 'spare' } }
  const picky = samplePool({ replicas: 0, scaleInStrategy: { proactive: { selectionPolicy: { selectors: { labelSelector } } } } })
  expect(next(picky, three)).toBe('none')
  const nodeSelectorRequirementMatcher = [{ key: 'disk', operator: 'In' as const, values: ['slow'] }]
  const byNode = samplePool({
    replicas: 0,
    instance: { nodeSelector: { disk: 'slow' } },
    scaleInStrategy: {
      proactive: { selectionPolicy: { sortPolicy: 'AscendingOrder', selectors: { nodeSelectorRequirementMatcher } } },
    },
  })
  expect(next(byNode, of(byNode, 0, 1))).toBe('scaleIn shop-0 shop-1')
})

test('VP12 those who leave by themselves count', () => {
  const machines = [sampleMember(pool, 0, { leaving: true }), ...of(pool, 1, 2)]
  expect(next(shrinking('AscendingOrder'), machines)).toBe('scaleIn shop-1')
})

test('VP12 whoever scales in by hand is not helped', () => {
  for (const scaleInStrategy of [{ unmanaged: {} }, { opportunistic: {} }]) {
    expect(next(samplePool({ replicas: 1, scaleInStrategy }), three)).toBe('none')
  }
})

const older = samplePool({ instance: { hostname: 'old' } })
const quiet = { updateStrategy: { opportunistic: {} } }

test('VP10 members that are not what the template says are updated, and by none where that is unmanaged', () => {
  expect(next(pool, of(older, 0, 1))).toBe('update shop-0 shop-1')
  expect(next(samplePool({ updateStrategy: { unmanaged: {} } }), of(older, 0, 1))).toBe('none')
  expect(next(samplePool(quiet), of(older, 0, 1))).toBe('update shop-0 shop-1')
})

test('VP11 guests that run an older template are restarted, unless that is left to others', () => {
  const runs = of(older, 0, 1).map((machine) => sampleRun(machine))
  expect(next(pool, of(pool, 0, 1), runs)).toBe('restart shop-1 shop-0')
  expect(next(samplePool(quiet), of(pool, 0, 1), runs)).toBe('none')
})

test('VP11 a change that does not concern the guest restarts nobody', () => {
  const manual = samplePool({ machine: { runStrategy: 'Manual' } })
  expect(next(pool, of(manual, 0, 1))).toBe('update shop-0 shop-1')
  const runs = of(manual, 0, 1).map((machine) => sampleRun(machine))
  expect(next(pool, of(pool, 0, 1), runs)).toBe('none')
})

test('VP11 no more than may be unavailable, but whoever is down already', () => {
  const careful = samplePool({
    replicas: 3,
    maxUnavailable: 1,
    updateStrategy: { proactive: { selectionPolicy: { sortPolicy: 'AscendingOrder' } } },
  })
  const machines = of(careful, 0, 1, 2)
  const old = of(older, 0, 1, 2).map((machine) => sampleRun(machine))
  const [first, second, third] = old
  if (first === undefined || second === undefined || third === undefined) throw new Error('three runs')
  expect(next(careful, machines, old)).toBe('restart shop-0')
  const down = { ...second, status: { phase: 'Running' as const, conditions: [{ type: 'Ready', status: 'False' as const }] } }
  expect(next(careful, machines, [first, down, third])).toBe('restart shop-1')
  expect(next(careful, machines, [first, third])).toBe('none')
})

test('VP11 one that is being restarted counts as unavailable and is not restarted again', () => {
  const careful = samplePool({ maxUnavailable: 1 })
  const busy = sampleMember(careful, 0, { status: { stateChangeRequests: [{ action: 'Stop', uid: 'x' }] } })
  const runs = of(older, 0, 1).map((machine) => sampleRun(machine))
  expect(next(careful, [busy, ...of(careful, 1)], runs)).toBe('none')
})

test('VP11 a VM that runs once is not started again for it', () => {
  const once = samplePool({ machine: { runStrategy: 'Once' } })
  const runs = of(older, 0, 1).map((machine) => sampleRun(machine))
  expect(next(once, of(once, 0, 1), runs)).toBe('none')
})

test.each([
  [undefined, 4, 4],
  [2, 4, 2],
  ['50%', 5, 2],
  ['10%', 4, 1],
] as const)('VP11 maxUnavailable %s of %i is %i', (maxUnavailable, replicas, number) => {
  const given = maxUnavailable === undefined ? samplePool({ replicas }) : samplePool({ replicas, maxUnavailable })
  expect(mostUnavailable(given)).toBe(number)
})

const failing = (
  printableStatus: 'ErrImagePull' | 'Stopped',
  sinceMs: number,
  consecutiveFailCount = 0,
): VirtualMachine['status'] => ({
  printableStatus,
  conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: new Date(nowMs - sinceMs).toISOString() }],
  startFailure: { consecutiveFailCount },
})
const healing = (autohealing: VirtualMachinePool['spec']['autohealing'] = {}) => samplePool({ replicas: 1, autohealing })

test.each<[string, VirtualMachinePool, VirtualMachine['status'], string]>([
  ['is left alone without autohealing', samplePool({ replicas: 1 }), failing('ErrImagePull', 3_600_000, 9), 'none'],
  ['is given up after five minutes', healing(), failing('ErrImagePull', 300_000), 'heal shop-0'],
  ['is waited for until then', healing(), failing('ErrImagePull', 200_000), 'wait 100000 ms'],
  [
    'is waited for as long as the pool says',
    healing({ minFailingToStartDuration: '30s' }),
    failing('ErrImagePull', 30_000),
    'heal shop-0',
  ],
  ['is given up after three failed starts', healing(), failing('Stopped', 0, 3), 'heal shop-0'],
  ['has as many starts as the pool says', healing({ startUpFailureThreshold: 5 }), failing('Stopped', 0, 4), 'none'],
  ['is left alone when it is only off', healing(), failing('Stopped', 3_600_000), 'none'],
])('VP13 a member that does not come up %s', (_name, given, status, step) => {
  expect(next(given, [sampleMember(given, 0, status === undefined ? {} : { status })], [])).toBe(step)
})

test('VP14 the status counts the members and says how to find them, and that the pool is paused', () => {
  const paused = samplePool({ paused: true })
  const machines = [sampleMember(paused, 0), sampleMember(paused, 1, { leaving: true, status: {} }), foreign]
  const now = '2026-01-01T12:00:00Z'
  const condition = { type: 'ReplicaPaused', status: 'True', lastTransitionTime: now }
  const said = { reason: 'SuccessfulPaused', message: 'Pool controller is paused' }
  expect(statusOf(paused, machines, { step: { kind: 'none' }, now })).toEqual({
    labelSelector: 'app=shop',
    replicas: 2,
    readyReplicas: 1,
    conditions: [{ ...condition, ...said }],
  })
})
