import { describe, expect, it } from 'vitest'
import type { Event } from '../core/v1/event.ts'
import { rememberedRunStrategyAnnotation } from '../kubevirt.io/v1/remembered-run-strategy.ts'
import {
  type PrintableStatus,
  printableStatuses,
  type VirtualMachine,
  type VirtualMachineStatus,
} from '../kubevirt.io/v1/virtual-machine.ts'
import type { VirtualMachineInstance } from '../kubevirt.io/v1/virtual-machine-instance.ts'
import { explainInstance, explainVirtualMachine } from './virtual-machine.ts'

interface Changes {
  runStrategy?: string
  metadata?: VirtualMachine['metadata']
}

const vm = (status: VirtualMachineStatus, { runStrategy = 'RerunOnFailure', metadata = {} }: Changes = {}): VirtualMachine => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachine',
  metadata: { name: 'demo', namespace: 'default', ...metadata },
  spec: { runStrategy, template: { spec: { domain: { devices: {} } } } },
  status,
})

type InstanceStatus = NonNullable<VirtualMachineInstance['status']>
const vmi = (status: InstanceStatus, metadata: VirtualMachineInstance['metadata'] = {}): VirtualMachineInstance => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstance',
  metadata: { name: 'demo', namespace: 'default', ...metadata },
  spec: { domain: { devices: {} } },
  status,
})

const event = (at: string, reason: string, changes: Partial<Event> = {}): Event => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: reason.toLowerCase() },
  involvedObject: {},
  type: 'Normal',
  reason,
  message: 'm',
  lastTimestamp: at,
  ...changes,
})

const nothing = { instance: undefined, events: [] }
const explain = (machine: VirtualMachine, seen: Partial<Parameters<typeof explainVirtualMachine>[1]> = {}) =>
  explainVirtualMachine(machine, { ...nothing, ...seen })

const condition = (type: string, status: 'True' | 'False', reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: 't',
})

describe('every state', () => {
  it.each(printableStatuses)('%s: what it says, and what next', (printableStatus) => {
    const { state, why, next } = explain(vm({ printableStatus }))
    expect(state).toBe(
      `demo is ${printableStatus}. Its run strategy is RerunOnFailure: it is started again after a failure, and stays off when the guest shuts itself down.`,
    )
    expect(why[0]).toMatch(/^[A-Z].*\.$/)
    expect(next.length).toBeGreaterThan(0)
  })

  it.each<[PrintableStatus, VirtualMachineInstance | undefined, VirtualMachine['metadata'], string]>([
    ['Terminating', vmi({ phase: 'Running' }), { deletionTimestamp: 'deleted' }, 'deleted'],
    ['Stopping', vmi({ phase: 'Running' }, { deletionTimestamp: 'told' }), {}, 'told'],
    ['Paused', vmi({ phase: 'Running', conditions: [condition('Paused', 'True', 'PausedByUser', 'p')] }), {}, 't'],
    ['ErrImagePull', vmi({ conditions: [condition('Synchronized', 'False', 'ErrImagePull', 'p')] }), {}, 't'],
    ['ErrorPvcNotFound', vmi({ conditions: [condition('Synchronized', 'False', 'FailedPvcNotFound', 'p')] }), {}, 't'],
    ['ErrorUnschedulable', vmi({ conditions: [condition('PodScheduled', 'False', 'Unschedulable', 'p')] }), {}, 't'],
    [
      'Running',
      vmi({
        phase: 'Running',
        phaseTransitionTimestamps: [
          { phase: 'Pending', phaseTransitionTimestamp: 'a' },
          { phase: 'Running', phaseTransitionTimestamp: 'b' },
        ],
      }),
      {},
      'b',
    ],
    ['Stopped', undefined, {}, 'off'],
  ])('%s: since when', (printableStatus, instance, metadata, since) => {
    const conditions = [{ ...condition('Ready', 'False', 'VMINotExists', ''), lastTransitionTime: 'off' }]
    expect(explain(vm({ printableStatus, conditions }, { metadata }), { instance }).since).toBe(since)
  })
})

describe('why', () => {
  it.each([
    ['Synchronized', 'False', 'ErrImagePull', 'image "x" not found'],
    ['PodScheduled', 'False', 'Unschedulable', 'does not offer gpus'],
    ['Paused', 'True', 'PausedByUser', 'VMI was paused by user'],
  ] as const)('carries the words of %s', (type, status, reason, message) => {
    const instance = vmi({ phase: 'Scheduling', conditions: [condition(type, status, reason, message)] })
    expect(explain(vm({ printableStatus: 'Starting' }), { instance }).why).toContain(`${reason}: ${message}`)
  })

  it.each([
    ['Failure', 'FailedCreate', 'Failure while starting VMI: full'],
    ['RestartRequired', '', 'a non-live-updatable field was changed in the template spec: domain.memory.guest'],
  ])('carries the words of %s', (type, reason, message) => {
    const { why } = explain(vm({ printableStatus: 'Running', conditions: [condition(type, 'True', reason, message)] }))
    expect(why.join('\n')).toContain(message)
  })

  it.each([
    ['Succeeded', 'GuestShutdown', 'because the guest shut down'],
    ['Succeeded', 'GuestReset', 'rebootPolicy is Terminate'],
    ['Failed', 'GuestPanicked', 'kernel panicked'],
    ['Failed', 'ProcessGone', 'QEMU process ended'],
    ['Failed', 'FailedToStart', 'QEMU refused to start'],
    ['Failed', 'HostShutdown', 'together with its host'],
    ['Failed', 'GracePeriodExpired', 'grace period'],
    ['Failed', 'SomethingNew', 'failed (SomethingNew)'],
    ['Succeeded', undefined, 'ended in order.'],
  ] as const)('says how a run ended: %s, %s', (phase, reason, sentence) => {
    const status = { phase, ...(reason === undefined ? {} : { reason }) }
    expect(explain(vm({ printableStatus: 'Stopped' }), { instance: vmi(status) }).why.join('\n')).toContain(sentence)
  })

  it('repeats the last that the guest printed, without what a terminal would obey', () => {
    const consoleTail = `${Array.from({ length: 20 }, (_, n) => `line ${n}`).join('\r\n')}\r\n\u001b[31mKernel panic\u001b[0m\r\n`
    const { why } = explain(vm({ printableStatus: 'Stopped' }), { instance: vmi({ phase: 'Failed' }), consoleTail })
    expect(why.at(-1)).toBe('  Kernel panic')
    expect(why).not.toContain('  line 0')
  })

  it('says when a start that failed is tried again, and what the last one said', () => {
    const startFailure = { consecutiveFailCount: 3, retryAfterTimestamp: '2026-01-01T00:02:00Z' }
    const said = event('2026-01-01T00:00:00Z', 'Stopped', {
      type: 'Warning',
      involvedObject: { kind: 'VirtualMachineInstance' },
      message: 'QEMU refused to start; last words: no room',
    })
    const { why } = explain(vm({ printableStatus: 'CrashLoopBackOff', startFailure }), { events: [said] })
    expect(why).toContain('It failed 3 times in a row before its guest ran; the next try is at 2026-01-01T00:02:00Z.')
    expect(why).toContain('What the last one said: QEMU refused to start; last words: no room')
    const once = explain(vm({ printableStatus: 'CrashLoopBackOff', startFailure }, { runStrategy: 'Once' }))
    expect(once.why.join('\n')).toContain('Once does not try again')
  })

  it('names who else holds a machine that is to go', () => {
    const metadata = {
      deletionTimestamp: 't',
      finalizers: ['kubevirt.io/virtualMachineControllerFinalize', 'example.org/backup'],
    }
    expect(explain(vm({ printableStatus: 'Terminating' }, { metadata })).why.join('\n')).toContain('held by example.org/backup:')
  })

  it('tells the last five events in order', () => {
    const events = [6, 1, 2, 3, 4, 5].map((n) => event(`2026-01-01T00:00:0${n}Z`, `R${n}`))
    const { why } = explain(vm({ printableStatus: 'Running' }), { events })
    expect(why.slice(1).map((line) => line.split(' ')[2])).toEqual(['R2:', 'R3:', 'R4:', 'R5:', 'R6:'])
  })
})

describe('what next', () => {
  const next = (status: PrintableStatus, changes: Changes = {}): string =>
    explain(vm({ printableStatus: status }, changes)).next.join('\n')

  it('never advises a start that the strategy refuses', () => {
    expect(next('Stopped', { runStrategy: 'Always' })).not.toContain('sheaf start')
    for (const runStrategy of ['Always', 'Once'])
      expect(next('CrashLoopBackOff', { runStrategy })).toContain('sheaf stop demo && sheaf start demo')
    expect(next('Stopped', { runStrategy: 'Once' })).toContain('sheaf stop demo && sheaf start demo')
  })

  it('says what a start makes of a halted one', () => {
    const metadata = { annotations: { [rememberedRunStrategyAnnotation]: 'Once' } }
    expect(next('Stopped', { runStrategy: 'Halted', metadata })).toBe('sheaf start demo   (it becomes Once)')
    expect(next('Stopped', { runStrategy: 'Halted' })).toContain('it becomes RerunOnFailure')
  })

  it('names the namespace where a command would need it', () => {
    expect(next('Stopped', { metadata: { namespace: 'shop' } })).toBe('sheaf start demo -n shop')
  })
})

it('an instance that stands alone is explained by itself', () => {
  const { state, next } = explainInstance(vmi({ phase: 'Running' }), { events: [] })
  expect(state).toContain('demo is an instance without a virtual machine, and Running.')
  expect(next.join('\n')).toContain('kubectl delete vmi demo')
})

describe('a guest that runs and is not ready', () => {
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
    const why = (events: Event[]) => explain(vm({ printableStatus: 'Running' }), { instance, events }).why[1]
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
})
