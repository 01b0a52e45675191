import type { VirtualMachine, VirtualMachineInstance } from '@sheaf/api'
import { describe, expect, test } from 'vitest'
import { decideNextStep, type Step } from './decide.ts'
import { sampleInstance, sampleNowMs, sampleVirtualMachine } from './sample-objects.fixture.ts'

const deleting = { deletionTimestamp: '2026-01-01T11:59:00Z' }
const startRequest = { stateChangeRequests: [{ action: 'Start' as const }] }
const stopRequest = { stateChangeRequests: [{ action: 'Stop' as const, uid: 'vmi-uid' }] }
const createInstance: Step = { kind: 'createInstance', paused: false }
const deleteInstance: Step = { kind: 'deleteInstance', thenStart: false }
const none: Step = { kind: 'none' }

function decide(vm: VirtualMachine, vmi?: VirtualMachineInstance): Step {
  return decideNextStep(vm, vmi, sampleNowMs)
}

describe('without an instance', () => {
  const never = {}
  const ranSo = { runStrategy: 'RerunOnFailure' as const }
  test.each([
    ['Always', 'starts', never, createInstance],
    ['RerunOnFailure', 'starts when it has never run so', never, createInstance],
    ['RerunOnFailure', 'stays off when it has run so', ranSo, none],
    ['RerunOnFailure', 'starts on request', { ...ranSo, ...startRequest }, createInstance],
    ['Manual', 'stays off', never, none],
    ['Manual', 'starts on request', startRequest, createInstance],
    ['Manual', 'drops a stop whose instance is gone', stopRequest, none],
    [
      'Manual',
      'goes on to the start behind such a stop',
      { stateChangeRequests: [...stopRequest.stateChangeRequests, { action: 'Start' as const }] },
      createInstance,
    ],
    ['Halted', 'stays off', never, none],
    ['Halted', 'does not heed a start that another strategy left behind', startRequest, none],
    [
      'Halted',
      'becomes Always when asked to start paused',
      { stateChangeRequests: [{ action: 'Start' as const, data: { paused: 'true', runStrategy: 'Always', generation: '3' } }] },
      { kind: 'switchStrategy', to: 'Always' },
    ],
    [
      'Halted',
      'stays so when that was asked of an earlier spec: it may have been halted since',
      { stateChangeRequests: [{ action: 'Start' as const, data: { paused: 'true', runStrategy: 'Always', generation: '2' } }] },
      none,
    ],
    ['Once', 'starts', never, createInstance],
    [
      'Always',
      'starts paused when asked so',
      { stateChangeRequests: [{ action: 'Start' as const, data: { paused: 'true' } }] },
      { kind: 'createInstance', paused: true },
    ],
    [
      'Always',
      'waits for the end of the pause',
      { startFailure: { consecutiveFailCount: 1, retryAfterTimestamp: '2026-01-01T12:00:10Z' } },
      { kind: 'waitUntil', timeMs: sampleNowMs + 10_000 },
    ],
    [
      'Always',
      'starts when the pause is over',
      { startFailure: { consecutiveFailCount: 1, retryAfterTimestamp: '2026-01-01T12:00:00Z' } },
      createInstance,
    ],
    [
      'Once',
      'does not wait',
      { startFailure: { consecutiveFailCount: 1, retryAfterTimestamp: '2026-01-01T12:00:10Z' } },
      createInstance,
    ],
    [
      'Always',
      'stays off while its volumes must be mended by hand',
      { conditions: [{ type: 'ManualRecoveryRequired', status: 'True' as const }] },
      none,
    ],
  ] as const)('%s %s', (strategy, _, status, step) => {
    expect(decide(sampleVirtualMachine(strategy, { status: structuredClone<object>(status) }))).toEqual(step)
  })

  test('a VM without our finalizer gets it before anything is made', () => {
    expect(decide(sampleVirtualMachine('Always', { metadata: { finalizers: [] } }))).toEqual({ kind: 'addFinalizer' })
  })

  test('running: true is Always and running: false is Halted', () => {
    expect(decide(sampleVirtualMachine(true))).toEqual(createInstance)
    expect(decide(sampleVirtualMachine(false))).toEqual(none)
  })
})

describe('with an instance', () => {
  const deleteAndStart: Step = { kind: 'deleteInstance', thenStart: true }
  test.each([
    ['Always', 'Running', none, deleteInstance],
    ['Always', 'Succeeded', deleteInstance, deleteInstance],
    ['Always', 'Failed', deleteInstance, deleteInstance],
    ['RerunOnFailure', 'Running', none, deleteInstance],
    ['RerunOnFailure', 'Succeeded', deleteInstance, deleteInstance],
    ['RerunOnFailure', 'Failed', deleteAndStart, deleteInstance],
    ['Manual', 'Running', none, deleteInstance],
    ['Manual', 'Succeeded', none, deleteInstance],
    ['Manual', 'Failed', none, deleteInstance],
    ['Halted', 'Running', deleteInstance, deleteInstance],
    ['Halted', 'Failed', deleteInstance, deleteInstance],
    ['Once', 'Running', none, none],
    ['Once', 'Succeeded', none, none],
    ['Once', 'Failed', none, none],
  ] as const)('%s, %s: what is done, and what is done when a stop was asked for', (strategy, phase, step, stepOnStop) => {
    const vm = sampleVirtualMachine(strategy)
    expect(decide(vm, sampleInstance(vm, phase))).toEqual(step)
    const asked = sampleVirtualMachine(strategy, { status: stopRequest })
    expect(decide(asked, sampleInstance(asked, phase))).toEqual(stepOnStop)
  })

  test('a stop that was meant for another instance is nothing', () => {
    const vm = sampleVirtualMachine('Manual', { status: { stateChangeRequests: [{ action: 'Stop', uid: 'another' }] } })
    expect(decide(vm, sampleInstance(vm, 'Running'))).toEqual(none)
  })

  test.each(['Always', 'RerunOnFailure', 'Manual', 'Halted', 'Once'] as const)(
    '%s: one that is being deleted is let go when it is final',
    (strategy) => {
      const vm = sampleVirtualMachine(strategy, { status: stopRequest })
      expect(decide(vm, sampleInstance(vm, 'Running', { metadata: deleting }))).toEqual(none)
      expect(decide(vm, sampleInstance(vm, 'Failed', { metadata: deleting }))).toEqual({ kind: 'releaseInstance' })
      expect(decide(vm, sampleInstance(vm, 'Failed', { metadata: { ...deleting, finalizers: [] } }))).toEqual(none)
    },
  )

  test('a new generation with the same template is noted on the instance', () => {
    const vm = sampleVirtualMachine('Always')
    const vmi = sampleInstance(vm, 'Running')
    expect(decide({ ...vm, metadata: { ...vm.metadata, generation: 4 } }, vmi)).toEqual({ kind: 'noteGeneration' })
  })

  test('one that belongs to nobody is adopted, one that belongs to another is not touched', () => {
    const vm = sampleVirtualMachine('Halted')
    expect(decide(vm, sampleInstance(vm, 'Running', { metadata: { ownerReferences: [] } }))).toEqual({ kind: 'adoptInstance' })
    const other = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachinePool', name: 'pool', uid: 'pool-uid', controller: true }
    expect(decide(vm, sampleInstance(vm, 'Running', { metadata: { ownerReferences: [other] } })).kind).toBe('blocked')
  })
})

describe('a VM that is being deleted', () => {
  const vm = sampleVirtualMachine('Always', { metadata: deleting })
  const orphaning = sampleVirtualMachine('Always', {
    metadata: { ...deleting, finalizers: [...(vm.metadata.finalizers ?? []), 'orphan'] },
  })

  test('deletes its instance, waits for it, and only then lets go of itself', () => {
    expect(decide(vm, sampleInstance(vm, 'Running'))).toEqual(deleteInstance)
    expect(decide(vm, sampleInstance(vm, 'Running', { metadata: deleting }))).toEqual(none)
    expect(decide(vm, sampleInstance(vm, 'Succeeded', { metadata: deleting }))).toEqual({ kind: 'releaseInstance' })
    expect(decide(vm)).toEqual({ kind: 'removeFinalizer' })
    expect(decide({ ...vm, metadata: { ...vm.metadata, finalizers: ['example.org/other'] } })).toEqual(none)
  })

  test('with orphan, lets go of the instance and then of itself', () => {
    expect(decide(orphaning, sampleInstance(orphaning, 'Running'))).toEqual({ kind: 'orphanInstance' })
    expect(
      decide(orphaning, sampleInstance(orphaning, 'Running', { metadata: { ownerReferences: [], finalizers: [] } })),
    ).toEqual({
      kind: 'removeFinalizer',
    })
  })

  test('RS38 lets go of an instance whose owner the garbage collector has taken away before', () => {
    const ownerless = sampleInstance(orphaning, 'Running', { metadata: { ownerReferences: [] } })
    expect(decide(orphaning, ownerless)).toEqual({ kind: 'orphanInstance' })
    expect(decide(vm, ownerless)).toEqual({ kind: 'orphanInstance' })
    const leaving = sampleInstance(vm, 'Succeeded', { metadata: { ...deleting, ownerReferences: [] } })
    expect(decide(sampleVirtualMachine('Always'), leaving)).toEqual({ kind: 'releaseInstance' })
  })
})
