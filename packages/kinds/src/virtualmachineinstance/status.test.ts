import { forwardedPortsOf } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import type { ExitCause, MachineState } from '@sheaf/qemu'
import { describe, expect, it } from 'vitest'
import { refuse } from './refusal.ts'
import { running, sampleInstance, sampleMachine } from './sample-instance.ts'
import { phaseOf, reportOf, type Sight } from './status.ts'

const sight = (more: Partial<Sight> = {}): Sight => ({
  machine: undefined,
  refusal: undefined,
  step: { kind: 'none' },
  nodeName: 'node-1',
  now: '2026-01-01T00:00:05Z',
  ...more,
})
const exited = (cause: ExitCause): MachineState => ({
  kind: 'exited',
  exit: { cause, at: '2026-01-01T00:00:05Z', lastWords: 'kvm: no such luck' },
})

describe('the phase', () => {
  it.each([
    ['guest-shutdown', 'Succeeded'],
    ['guest-reset', 'Succeeded'],
    ['guest-panic', 'Failed'],
    ['crashed', 'Failed'],
    ['failed-to-start', 'Failed'],
    ['killed', 'Failed'],
    ['host-shutdown', 'Failed'],
  ] as const)('VI3 after an end by %s is %s', (cause, phase) => {
    const instance = sampleInstance({ status: { phase: 'Running' } })
    expect(phaseOf(instance, sight({ machine: sampleMachine(instance, exited(cause)) }))).toBe(phase)
  })

  it('VI4 is Succeeded when a guest without ACPI, or without a grace period, was ended by us', () => {
    const deaf = sampleInstance({ spec: { domain: { devices: {}, features: { acpi: { enabled: false } } } } })
    const hasty = sampleInstance({ spec: { terminationGracePeriodSeconds: 0 } })
    for (const instance of [deaf, hasty])
      expect(phaseOf(instance, sight({ machine: sampleMachine(instance, exited('killed')) }))).toBe('Succeeded')
  })

  it('VI5 is final once and for all', () => {
    const instance = sampleInstance({ status: { phase: 'Succeeded' } })
    expect(phaseOf(instance, sight({ machine: sampleMachine(instance, exited('crashed')) }))).toBe('Succeeded')
  })

  it('VI5 is Failed when a running machine has vanished without a trace', () => {
    expect(phaseOf(sampleInstance({ status: { phase: 'Running' } }), sight())).toBe('Failed')
  })
})

describe('the report', () => {
  it('VI2 of a running machine tells phase times, addresses, ports, devices and readiness', () => {
    const instance = sampleInstance()
    const report = reportOf(instance, sight({ machine: sampleMachine(instance, running) }))
    expect(report.status).toMatchObject({
      phase: 'Running',
      nodeName: 'node-1',
      interfaces: [{ name: 'default', ipAddress: '10.0.2.15' }],
      volumeStatus: [{ name: 'root', target: 'vda' }],
    })
    expect(report.status?.phaseTransitionTimestamps?.map((entry) => entry.phase)).toEqual([
      'Pending',
      'Scheduling',
      'Scheduled',
      'Running',
    ])
    expect(findCondition(report.status?.conditions, 'Ready')).toMatchObject({ status: 'True' })
    expect(forwardedPortsOf(report)).toEqual([
      { name: 'http', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 40_080, guestPort: 80 },
    ])
    expect(report.metadata.labels).toEqual({ 'kubevirt.io/nodeName': 'node-1' })
  })

  it('VI16 of the same sight later is the same object, so that nothing is written', () => {
    const instance = sampleInstance()
    const machine = sampleMachine(instance, running)
    const first = reportOf(instance, sight({ machine }))
    expect(reportOf(first, sight({ machine, now: '2026-01-01T09:00:00Z' }))).toEqual(first)
  })

  it('VI15 of a pause turns Paused to True and keeps the phase', () => {
    const instance = sampleInstance({ status: { phase: 'Running' } })
    const report = reportOf(
      instance,
      sight({
        machine: sampleMachine(instance, { kind: 'running', pid: 4711, paused: true, startedAt: '2026-01-01T00:00:01Z' }),
      }),
    )
    expect(report.status?.phase).toBe('Running')
    expect(findCondition(report.status?.conditions, 'Paused')).toMatchObject({ status: 'True', reason: 'PausedByUser' })
  })

  it('VI11 of a missing image says which, and forgets it when it is there', () => {
    const missing = reportOf(
      sampleInstance(),
      sight({ refusal: refuse('Synchronized', 'ErrImagePull', 'image "x" not found'), step: { kind: 'wait', delayMs: 1 } }),
    )
    expect(missing.status?.phase).toBe('Scheduling')
    expect(findCondition(missing.status?.conditions, 'Synchronized')).toMatchObject({
      status: 'False',
      reason: 'ErrImagePull',
      message: 'image "x" not found',
    })
    const found = reportOf(missing, sight({ machine: sampleMachine(missing, running) }))
    expect(findCondition(found.status?.conditions, 'Synchronized')).toBeUndefined()
  })

  it("VI13 of a failure carries QEMU's last words", () => {
    const instance = sampleInstance({ status: { phase: 'Scheduled' } })
    const report = reportOf(instance, sight({ machine: sampleMachine(instance, exited('failed-to-start')) }))
    expect(report.status).toMatchObject({ phase: 'Failed', reason: 'FailedToStart' })
    expect(findCondition(report.status?.conditions, 'Synchronized')?.message).toContain('kvm: no such luck')
  })
})
