// docs/spec/sets.md: what a replica set does next.

import type { VirtualMachineInstance, VirtualMachineInstanceReplicaSet } from '@sheaf/api'
import { expect, test } from 'vitest'
import { sampleInstance } from '../virtualmachineinstance/sample-instance.ts'
import { decideNextStep, type Step } from './decide.ts'
import { instanceFromSet } from './instance-from-set.ts'
import { statusOf } from './status.ts'

const nowMs = Date.UTC(2026, 0, 1, 12)
const labels = { app: 'web' }

function setOf(
  replicas: number | undefined,
  change: Partial<VirtualMachineInstanceReplicaSet> = {},
): VirtualMachineInstanceReplicaSet {
  const { spec, metadata, ...rest } = change
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceReplicaSet',
    metadata: { name: 'web', namespace: 'default', uid: 'set-uid', ...metadata },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations: { team: 'shop' } }, spec: { domain: { devices: {} } } },
      ...spec,
    },
    ...rest,
  }
}

const pausedSet = setOf(2, { spec: { ...setOf(2).spec, paused: true } })
const ours = [
  { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstanceReplicaSet', name: 'web', uid: 'set-uid', controller: true },
]
const theirs = [{ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', name: 'vm', uid: 'vm-uid', controller: true }]

interface Sketch {
  ready?: boolean
  born?: number
  phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed'
  hasRun?: boolean
  endedMs?: number
  leaving?: boolean
  owners?: typeof ours
  labels?: Record<string, string>
}

function member(name: string, sketch: Sketch = {}): VirtualMachineInstance {
  const { ready = true, born = 0, phase = 'Running', hasRun = true, endedMs = nowMs, leaving = false } = sketch
  const at = (ms: number): string => new Date(ms).toISOString()
  return sampleInstance({
    metadata: {
      name,
      uid: name,
      labels: sketch.labels ?? labels,
      ownerReferences: sketch.owners ?? ours,
      creationTimestamp: at(nowMs + born * 1_000),
      ...(leaving ? { deletionTimestamp: at(nowMs) } : {}),
    },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      phaseTransitionTimestamps: [
        ...(hasRun ? [{ phase: 'Running', phaseTransitionTimestamp: at(nowMs) }] : []),
        { phase, phaseTransitionTimestamp: at(endedMs) },
      ],
    },
  })
}

/** `deleteSurplus a b`, `create 2` */
function told(step: Step): string {
  if (step.kind === 'create') return `create ${step.count}`
  if (step.kind === 'waitUntil') return `wait ${step.timeMs - nowMs} ms`
  return step.kind === 'none' ? 'none' : [step.kind, ...step.instances.map(({ metadata }) => metadata.name)].join(' ')
}

const failedEarly = (agoMs: number): Sketch => ({ phase: 'Failed', hasRun: false, ready: false, endedMs: nowMs - agoMs })

test.each<[string, VirtualMachineInstanceReplicaSet, VirtualMachineInstance[], string]>([
  ['VR1 without a number it is one', setOf(undefined), [], 'create 1'],
  ['VR2 what is missing is created', setOf(3), [member('a')], 'create 2'],
  ['VR2 ten at a time', setOf(25), [], 'create 10'],
  ['VR2 none are as good as none wanted', setOf(0), [], 'none'],
  ['VR2 as many as wanted are left alone', setOf(2), [member('a'), member('b', { ready: false })], 'none'],
  ['VR2 one on its way out no longer counts', setOf(1), [member('a', { leaving: true })], 'create 1'],
  [
    'VR3 of too many the one that is not ready goes first',
    setOf(1),
    [member('a'), member('b', { ready: false })],
    'deleteSurplus b',
  ],
  ['VR3 then the newest', setOf(1), [member('a', { born: 1 }), member('b', { born: 2 }), member('c')], 'deleteSurplus b a'],
  ['VR3 one that is going is not a reason for another to go', setOf(1), [member('a'), member('b', { leaving: true })], 'none'],
  ['VR4 one that has ended is replaced', setOf(1), [member('a', { phase: 'Succeeded' })], 'create 1'],
  ['VR4 and deleted when its successor is there', setOf(1), [member('a', { phase: 'Succeeded' }), member('b')], 'deleteEnded a'],
  ['VR4 one that ended before it ran rests for ten seconds', setOf(1), [member('a', failedEarly(4_000))], 'wait 6000 ms'],
  ['VR4 and is replaced then', setOf(1), [member('a', failedEarly(10_000))], 'create 1'],
  ['VR4 which keeps nobody else waiting', setOf(3), [member('a', failedEarly(4_000)), member('b')], 'create 1'],
  ['VR5 one with the labels that belongs to nobody is adopted', setOf(2), [member('a', { owners: [] })], 'adopt a'],
  ['VR5 not when it has ended', setOf(0), [member('a', { owners: [], phase: 'Failed' })], 'none'],
  ['VR5 nor when it is leaving', setOf(0), [member('a', { owners: [], leaving: true })], 'none'],
  ['VR5 one that belongs to another is not touched', setOf(0), [member('a', { owners: theirs })], 'none'],
  ['VR5 one that lost the labels is released', setOf(1), [member('a', { labels: {} })], 'release a'],
  ['VR5 and then no longer counts', setOf(1), [member('a', { labels: {}, owners: [] })], 'create 1'],
  ['VR7 a paused set creates nothing', pausedSet, [], 'none'],
  ['VR7 and deletes nothing', pausedSet, [member('a'), member('b'), member('c'), member('d', { phase: 'Failed' })], 'none'],
  ['VR7 but knows its own', pausedSet, [member('a', { owners: [] })], 'adopt a'],
  [
    'VR10 a set that is being deleted does nothing',
    setOf(3, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    [member('a', { owners: [] })],
    'none',
  ],
])('%s', (_name, set, instances, step) => {
  expect(told(decideNextStep(set, instances, nowMs))).toBe(step)
})

test('VR2 an instance is named after the set, and marked as the template says', () => {
  expect(instanceFromSet(setOf(1)).metadata).toEqual({
    generateName: 'web',
    namespace: 'default',
    labels,
    annotations: { team: 'shop' },
    ownerReferences: [{ ...ours[0], blockOwnerDeletion: true }],
  })
})

test('VR6 the status counts those that run or will, and says how to find them', () => {
  const instances = [
    member('a'),
    member('b', { ready: false, phase: 'Pending' }),
    member('c', { leaving: true }),
    member('d', { phase: 'Failed' }),
    member('e', { owners: theirs }),
  ]
  const pass = { step: { kind: 'none' }, now: '2026-01-01T12:00:00Z' } as const
  const status = statusOf(setOf(2), instances, pass)
  expect(status).toEqual({ labelSelector: 'app=web', replicas: 2, readyReplicas: 1 })
  const again = setOf(2, status === undefined ? {} : { status })
  expect(statusOf(again, instances, pass)).toBe(again.status)
})
