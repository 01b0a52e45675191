import type { MachineState } from '@sheaf/qemu'
import { describe, expect, it } from 'vitest'
import { decideNextStep, instanceFinalizer, type Observed } from './decide.ts'
import { refuse } from './refusal.ts'
import { running, sampleInstance } from './sample-instance.ts'

const deletedAt = '2026-01-01T00:01:00Z'
const nowMs = Date.parse(deletedAt)
const observed = (machine: MachineState | undefined, more: Partial<Observed> = {}): Observed => ({
  machine,
  refusal: undefined,
  nowMs,
  ...more,
})
const exited: MachineState = { kind: 'exited', exit: { cause: 'crashed', at: deletedAt, lastWords: '' } }
const deleted = (seconds?: number) =>
  sampleInstance({
    metadata: { deletionTimestamp: deletedAt },
    status: { phase: 'Running' },
    spec: seconds === undefined ? {} : { terminationGracePeriodSeconds: seconds },
  })

describe('an instance that is to run', () => {
  it.each(['Pending', 'Scheduling', 'Scheduled'] as const)('VI2 is launched from phase %s when there is no machine', (phase) => {
    expect(decideNextStep(sampleInstance({ status: { phase } }), observed(undefined))).toEqual({ kind: 'launch' })
  })

  it('VI2 goes on with a launch that was interrupted', () => {
    expect(decideNextStep(sampleInstance({ status: { phase: 'Scheduled' } }), observed({ kind: 'prepared' }))).toEqual({
      kind: 'launch',
    })
  })

  it('VI11 waits for what is missing instead of being launched', () => {
    const refusal = refuse('Synchronized', 'ErrImagePull', 'no such image')
    expect(decideNextStep(sampleInstance(), observed(undefined, { refusal }))).toMatchObject({ kind: 'wait' })
  })

  it('VI5 is never launched a second time: not when it runs, has ended, or has lost its machine', () => {
    expect(decideNextStep(sampleInstance({ status: { phase: 'Running' } }), observed(running))).toEqual({ kind: 'none' })
    expect(decideNextStep(sampleInstance({ status: { phase: 'Running' } }), observed(exited))).toEqual({ kind: 'none' })
    expect(decideNextStep(sampleInstance({ status: { phase: 'Running' } }), observed(undefined))).toEqual({ kind: 'none' })
    expect(decideNextStep(sampleInstance({ status: { phase: 'Succeeded' } }), observed(undefined))).toEqual({ kind: 'none' })
  })
})

describe('an instance that is being deleted', () => {
  it('VI7 is asked to shut down, and asked again until its grace period is over', () => {
    expect(decideNextStep(deleted(), observed(running))).toEqual({ kind: 'pressPowerButton', isFirst: true, lookAgainMs: 5_000 })
    expect(decideNextStep(deleted(), observed(running, { nowMs: nowMs + 28_000 }))).toEqual({
      kind: 'pressPowerButton',
      isFirst: false,
      lookAgainMs: 2_000,
    })
  })

  it('VI7 is ended when 30 s, or what its spec says, are over', () => {
    expect(decideNextStep(deleted(), observed(running, { nowMs: nowMs + 30_000 }))).toEqual({ kind: 'kill' })
    expect(decideNextStep(deleted(2), observed(running, { nowMs: nowMs + 2_000 }))).toEqual({ kind: 'kill' })
    expect(decideNextStep(deleted(0), observed(running))).toEqual({ kind: 'kill' })
  })

  it('VI9 is let go only when no trace of its machine is left', () => {
    expect(decideNextStep(deleted(), observed(exited))).toEqual({ kind: 'removeMachine' })
    expect(decideNextStep(deleted(), observed({ kind: 'prepared' }))).toEqual({ kind: 'removeMachine' })
    expect(decideNextStep(deleted(), observed(undefined))).toEqual({ kind: 'removeFinalizer' })
  })

  it("VI9 leaves other people's finalizers alone", () => {
    const held = { ...deleted(), metadata: { ...deleted().metadata, finalizers: ['example.com/hold'] } }
    expect(held.metadata.finalizers).not.toContain(instanceFinalizer)
    expect(decideNextStep(held, observed(undefined))).toEqual({ kind: 'none' })
  })
})
