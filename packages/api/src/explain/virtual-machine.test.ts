import { describe, expect, it } from 'vitest'
import type { Event } from '../core/v1/event.ts'
import type { VirtualMachine, VirtualMachineStatus } from '../kubevirt.io/v1/virtual-machine.ts'
import type { VirtualMachineInstance } from '../kubevirt.io/v1/virtual-machine-instance.ts'
import { explainVirtualMachine } from './virtual-machine.ts'

const vm = (status: VirtualMachineStatus, runStrategy = 'RerunOnFailure'): VirtualMachine => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachine',
  metadata: { name: 'demo', namespace: 'default' },
  spec: { runStrategy, template: { spec: { domain: { devices: {} } } } },
  status,
})

const event = (at: string, reason: string): Event => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: reason.toLowerCase() },
  involvedObject: {},
  type: 'Normal',
  reason,
  message: 'm',
  lastTimestamp: at,
})

describe('the explanation of a virtual machine', () => {
  it('says the state, what the strategy means, and what to do', () => {
    const { state, next } = explainVirtualMachine(vm({ printableStatus: 'Stopped' }), undefined, [])
    expect(state).toBe(
      'demo is Stopped. Its run strategy is RerunOnFailure: it is started again after a failure, and stays off when the guest shuts itself down.',
    )
    expect(next).toEqual(['sheaf start demo'])
  })

  it('never advises a start that the strategy refuses', () => {
    for (const strategy of ['Always', 'Once'])
      expect(explainVirtualMachine(vm({ printableStatus: 'Stopped' }, strategy), undefined, []).next.join()).not.toContain(
        'sheaf start',
      )
  })

  it('carries the words of what is wrong', () => {
    const instance: VirtualMachineInstance = {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: {},
      spec: { domain: { devices: {} } },
      status: {
        phase: 'Scheduling',
        conditions: [{ type: 'Synchronized', status: 'False', reason: 'ErrImagePull', message: 'image "x" not found' }],
      },
    }
    expect(explainVirtualMachine(vm({ printableStatus: 'ErrImagePull' }), instance, []).why).toEqual([
      'ErrImagePull: image "x" not found',
    ])
  })

  it('tells what a readiness probe asks and how it went lately, of this instance alone', () => {
    const instance = {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: { uid: 'this' },
      spec: { domain: { devices: {} }, readinessProbe: { httpGet: { port: 'http', path: '/health' }, periodSeconds: 5 } },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }] },
    } satisfies VirtualMachineInstance
    const unhealthy = (at: string, message: string, uid: string): Event => ({
      ...event(at, 'Unhealthy'),
      message,
      involvedObject: { uid },
    })
    const why = (events: Event[]) => explainVirtualMachine(vm({ printableStatus: 'Running' }), instance, events).why[0]
    const asks = 'The guest runs, but its readiness probe (HTTP GET /health on port http, every 5 s)'
    expect(why([unhealthy('2026-01-01T00:00:01Z', 'Readiness probe failed: old', 'another')])).toBe(
      `${asks} has not succeeded yet`,
    )
    expect(
      why([
        unhealthy('2026-01-01T00:00:02Z', 'Readiness probe failed: new', 'this'),
        unhealthy('2026-01-01T00:00:01Z', 'Readiness probe failed: old', 'this'),
        unhealthy('2026-01-01T00:00:03Z', 'Liveness probe failed: other', 'this'),
      ]),
    ).toBe(`${asks} does not succeed: Readiness probe failed: new`)
  })

  it('tells the last five events in order', () => {
    const events = [6, 1, 2, 3, 4, 5].map((n) => event(`2026-01-01T00:00:0${n}Z`, `R${n}`))
    const { why } = explainVirtualMachine(vm({ printableStatus: 'Running' }), undefined, events)
    expect(why.map((line) => line.split(' ')[2])).toEqual(['R2:', 'R3:', 'R4:', 'R5:', 'R6:'])
  })

  it('knows since when, from the phase that holds', () => {
    const instance = {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: {},
      spec: { domain: { devices: {} } },
      status: {
        phase: 'Running',
        phaseTransitionTimestamps: [
          { phase: 'Pending', phaseTransitionTimestamp: 'a' },
          { phase: 'Running', phaseTransitionTimestamp: 'b' },
        ],
      },
    } satisfies VirtualMachineInstance
    expect(explainVirtualMachine(vm({ printableStatus: 'Running' }), instance, []).since).toBe('b')
  })
})
