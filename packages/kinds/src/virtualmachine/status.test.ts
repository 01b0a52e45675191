import type { VirtualMachine, VirtualMachineInstance } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { describe, expect, test } from 'vitest'
import { decideNextStep } from './decide.ts'
import { originAnnotation } from './instance-from-template.ts'
import { sampleInstance, sampleNowMs, sampleRandom, sampleVirtualMachine } from './sample-objects.fixture.ts'
import { statusOf } from './status.ts'

const deleting = { deletionTimestamp: '2026-01-01T11:59:00Z' }

function statusNow(vm: VirtualMachine, vmi?: VirtualMachineInstance) {
  const step = decideNextStep(vm, vmi, sampleNowMs)
  return statusOf(vm, vmi, { step, nowMs: sampleNowMs, random: sampleRandom() }) ?? {}
}

/** The VM as it stands after its status was written. */
function written(vm: VirtualMachine, vmi?: VirtualMachineInstance): VirtualMachine {
  return { ...vm, status: statusNow(vm, vmi) }
}

const always = sampleVirtualMachine('Always')
const manual = sampleVirtualMachine('Manual')
const halted = sampleVirtualMachine('Halted')
const pulling = (reason: string) => ({ conditions: [{ type: 'Synchronized', status: 'False' as const, reason }] })
const failures = { consecutiveFailCount: 2, lastFailedVMIUID: 'vmi-uid', retryAfterTimestamp: '2026-01-01T12:00:10Z' }

describe('printableStatus', () => {
  test.each<[string, VirtualMachine, VirtualMachineInstance | undefined]>([
    ['Terminating', sampleVirtualMachine('Always', { metadata: deleting }), sampleInstance(always, 'Running')],
    ['Stopping', halted, sampleInstance(halted, 'Running')],
    ['Stopping', manual, sampleInstance(manual, 'Running', { metadata: deleting })],
    [
      'Migrating',
      always,
      sampleInstance(always, 'Running', { status: { migrationState: { startTimestamp: '2026-01-01T11:00:00Z' } } }),
    ],
    ['Paused', always, sampleInstance(always, 'Running', { status: { conditions: [{ type: 'Paused', status: 'True' }] } })],
    ['Running', always, sampleInstance(always, 'Running')],
    ['ErrorPvcNotFound', always, sampleInstance(always, 'Scheduling', { status: pulling('FailedPvcNotFound') })],
    [
      'ErrorUnschedulable',
      always,
      sampleInstance(always, 'Scheduling', {
        status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
      }),
    ],
    ['ErrImagePull', always, sampleInstance(always, 'Scheduling', { status: pulling('ErrImagePull') })],
    ['ImagePullBackOff', always, sampleInstance(always, 'Scheduling', { status: pulling('ImagePullBackOff') })],
    ['Starting', always, sampleInstance(always, 'Scheduled')],
    ['Starting', always, undefined],
    ['CrashLoopBackOff', sampleVirtualMachine('Always', { status: { startFailure: failures } }), undefined],
    ['CrashLoopBackOff', sampleVirtualMachine('Once', { status: { startFailure: failures } }), sampleInstance(always, 'Failed')],
    ['Stopped', halted, undefined],
    ['Stopped', manual, sampleInstance(manual, 'Succeeded')],
    ['Unknown', always, sampleInstance(always, 'Unknown')],
  ])('%s', (word, vm, vmi) => {
    expect(statusNow(vm, vmi).printableStatus).toBe(word)
  })

  test('RS39 between two instances it reads Stopping, then Starting, never Stopped', () => {
    const asked = sampleVirtualMachine('Manual', {
      status: { stateChangeRequests: [{ action: 'Stop', uid: 'vmi-uid' }, { action: 'Start' }] },
    })
    const words = [
      statusNow(asked, sampleInstance(asked, 'Running')),
      statusNow(asked, sampleInstance(asked, 'Running', { metadata: deleting })),
      statusNow(asked, sampleInstance(asked, 'Succeeded', { metadata: deleting })),
      statusNow(asked, undefined),
    ].map((status) => status.printableStatus)
    expect(words).toEqual(['Stopping', 'Stopping', 'Starting', 'Starting'])
  })

  test('a start that fails reads Stopped, with the reason in the Failure condition, also while it is tried again', () => {
    const trouble = { reason: 'FailedCreate' as const, message: 'no memory' }
    const step = { kind: 'createInstance' as const, paused: false }
    const pass = { step, nowMs: sampleNowMs, random: sampleRandom() }
    const failed = statusOf(always, undefined, { ...pass, trouble }) ?? {}
    expect(failed.printableStatus).toBe('Stopped')
    expect(findCondition(failed.conditions, 'Failure')).toMatchObject({ status: 'True', ...trouble })
    expect(statusOf({ ...always, status: failed }, undefined, pass)).toBe(failed)
  })
})

describe('conditions', () => {
  test('Ready is always there and says why not', () => {
    const readyOf = (vmi?: VirtualMachineInstance) => findCondition(statusNow(always, vmi).conditions, 'Ready')
    expect(readyOf()).toMatchObject({ status: 'False', reason: 'VMINotExists', message: 'VMI does not exist' })
    expect(readyOf(sampleInstance(always, 'Running'))).toMatchObject({ status: 'False', reason: 'VMIConditionMissing' })
    const ready = { type: 'Ready', status: 'True' as const, lastTransitionTime: '2026-01-01T11:00:00Z' }
    const status = statusNow(always, sampleInstance(always, 'Running', { status: { conditions: [ready] } }))
    expect(status.conditions).toEqual([ready])
    expect(status.ready).toBe(true)
    expect(status.created).toBe(true)
  })

  test("the instance's conditions are copied as they are and go when they go there, or with the instance", () => {
    const agent = { type: 'AgentConnected', status: 'True' as const, lastTransitionTime: '2026-01-01T11:00:00Z' }
    const vm = written(always, sampleInstance(always, 'Running', { status: { conditions: [agent] } }))
    expect(vm.status?.conditions).toContainEqual(agent)
    for (const vmi of [sampleInstance(always, 'Running'), undefined]) {
      expect(findCondition(statusNow(vm, vmi).conditions, 'AgentConnected')).toBeUndefined()
    }
  })

  test('RS40 RestartRequired names what changed since the start, and goes when it is as it was', () => {
    const vmi = sampleInstance(always, 'Running')
    const changed: VirtualMachine = structuredClone(always)
    changed.spec.template.spec.domain.memory = { guest: '128Mi' }
    changed.spec.template.spec.hostname = 'web'
    const after = written(changed, vmi)
    expect(findCondition(after.status?.conditions, 'RestartRequired')).toMatchObject({
      status: 'True',
      message: 'a non-live-updatable field was changed in the template spec: domain.memory.guest, hostname',
    })
    expect(findCondition(statusNow({ ...after, spec: always.spec }, vmi).conditions, 'RestartRequired')).toBeUndefined()
    expect(findCondition(statusNow(after).conditions, 'RestartRequired')).toBeUndefined()
  })

  test('RS40 defaults that were filled into the instance are no change', () => {
    const vmi = sampleInstance(always, 'Running')
    vmi.spec = { ...vmi.spec, architecture: 'amd64', evictionStrategy: 'None' }
    expect(findCondition(statusNow(always, vmi).conditions, 'RestartRequired')).toBeUndefined()
  })

  test('an instance that does not say what it was made of requires no restart', () => {
    for (const origin of [undefined, 'not json']) {
      const vmi = sampleInstance(always, 'Running', {
        metadata: {
          ...sampleInstance(always, 'Running').metadata,
          annotations: origin === undefined ? {} : { [originAnnotation]: origin },
        },
      })
      expect(findCondition(statusNow(always, vmi).conditions, 'RestartRequired')).toBeUndefined()
    }
  })

  test('the name taken by somebody else is a failure, not our instance', () => {
    const other = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachinePool', name: 'pool', uid: 'pool-uid', controller: true }
    const status = statusNow(always, sampleInstance(always, 'Running', { metadata: { name: 'web', ownerReferences: [other] } }))
    expect(status).toMatchObject({ printableStatus: 'Stopped' })
    expect(status.created).toBeUndefined()
    expect(findCondition(status.conditions, 'Failure')?.message).toContain('belongs to VirtualMachinePool pool')
  })
})

describe('what the status remembers for the next pass', () => {
  test('a restart after a failure is written down before anything is deleted', () => {
    const vm = sampleVirtualMachine('RerunOnFailure', { status: { runStrategy: 'RerunOnFailure' } })
    expect(statusNow(vm, sampleInstance(vm, 'Failed')).stateChangeRequests).toEqual([{ action: 'Start' }])
  })

  test('RS32 fulfilled requests are dropped, the others stay', () => {
    const requests = [{ action: 'Stop', uid: 'vmi-uid' }, { action: 'Start' }]
    const vm = sampleVirtualMachine('Manual', { status: { stateChangeRequests: requests } })
    expect(statusNow(vm, sampleInstance(vm, 'Running')).stateChangeRequests).toEqual(requests)
    expect(statusNow(vm).stateChangeRequests).toEqual([{ action: 'Start' }])
    expect(
      statusNow(
        vm,
        sampleInstance(vm, 'Scheduled', {
          metadata: { uid: 'the next', ownerReferences: sampleInstance(vm, 'Running').metadata.ownerReferences ?? [] },
        }),
      ).stateChangeRequests,
    ).toBeUndefined()
  })

  test('runStrategy is recorded from the first instance on, but not while the start of a switch is owed', () => {
    expect(statusNow(halted).runStrategy).toBeUndefined()
    expect(statusNow(manual, sampleInstance(manual, 'Running')).runStrategy).toBe('Manual')
    const switched = sampleVirtualMachine('RerunOnFailure', { status: { runStrategy: 'Manual' } })
    expect(statusNow(switched).runStrategy).toBe('Manual')
    expect(
      statusNow(
        switched,
        sampleInstance(switched, 'Running', { metadata: { ...sampleInstance(switched, 'Running').metadata, ...deleting } }),
      ).runStrategy,
    ).toBe('Manual')
    expect(statusNow(switched, sampleInstance(switched, 'Scheduled')).runStrategy).toBe('RerunOnFailure')
  })

  test('generations: what the instance was made of, and what is wanted', () => {
    const vmi = sampleInstance(always, 'Running')
    const newer: VirtualMachine = structuredClone(always)
    newer.metadata.generation = 4
    newer.spec.template.spec.hostname = 'web'
    expect(statusNow(newer, vmi)).toMatchObject({ observedGeneration: 3, desiredGeneration: 4 })
  })

  test('RS35 an unchanged status is the same object', () => {
    for (const vmi of [undefined, sampleInstance(always, 'Running'), sampleInstance(always, 'Failed')]) {
      const vm = written(always, vmi)
      expect(
        statusOf(vm, vmi, { step: decideNextStep(vm, vmi, sampleNowMs + 999), nowMs: sampleNowMs + 999, random: sampleRandom() }),
      ).toBe(vm.status)
    }
  })
})
