// For tests: what the words of the matrix in docs/spec/run-strategy.md do to a virtual machine.

import type { Condition } from '@sheaf/api/meta'
import type { Sandbox } from './run-strategy-world.fixture.ts'

/** Runs the guest: by itself where the strategy does so, by hand where it does not. */
async function run(box: Sandbox): Promise<void> {
  await box.settle()
  if ((await box.vmi()) === undefined) await box.put('start')
  await box.settle()
}

async function runAndEnd(box: Sandbox, phase: 'Succeeded' | 'Failed'): Promise<void> {
  await run(box)
  await box.setPhase(phase)
}

async function failToStart(box: Sandbox): Promise<void> {
  box.letGuestsBoot(false)
  if ((await box.vm())?.spec.runStrategy === 'Manual') await box.put('start')
  await box.settle()
  box.letGuestsBoot(true)
}

const paused: Condition[] = [{ type: 'Paused', status: 'True', reason: 'PausedByUser' }]

/** How things stand before the event. */
export const situations: Record<string, (box: Sandbox) => Promise<void>> = {
  'while running': run,
  async 'while paused'(box) {
    await run(box)
    await box.setPhase('Running', paused)
    await box.settle()
  },
  async 'while starting'(box) {
    if ((await box.vm())?.spec.runStrategy === 'Manual') await box.put('start')
    await box.untilInstance()
    // Its VM has seen it: until then the start is still to be fulfilled.
    await box.reconcile()
  },
  async 'while off'(box) {
    const { runStrategy } = (await box.vms.get(box.key)).spec
    if (runStrategy === 'Halted') return void (await box.settle())
    await run(box)
    // Off, and yet it has run: whatever remembers that must not stand in the way of a start.
    if (runStrategy === 'Manual') await box.put('stop')
    else await box.setPhase('Succeeded')
    await box.settle()
  },
  async 'after a clean shutdown'(box) {
    await runAndEnd(box, 'Succeeded')
    await box.settle()
  },
  async 'after a crash'(box) {
    await runAndEnd(box, 'Failed')
    await box.settle()
  },
  async 'after a stop'(box) {
    await run(box)
    await box.put('stop')
    await box.settle()
  },
  async "after Harvester's stop"(box) {
    await run(box)
    await box.post('stop')
    await box.settle()
  },
  'in the pause after a failure': failToStart,
  'after a failed start': failToStart,
}

/** The event itself. Refusals are thrown. */
export const effects: Record<string, (box: Sandbox, strategy: string) => Promise<unknown>> = {
  'the VM is created': async () => undefined,
  'the guest shuts down cleanly': (box) => box.setPhase('Succeeded'),
  'the guest crashes': (box) => box.setPhase('Failed'),
  // What the instance's controller makes of the host's end: docs/spec/instance.md.
  'the host shuts down': (box) => box.setPhase('Failed'),
  'the guest is paused': (box) => box.setPhase('Running', paused),
  'the guest is resumed': (box) => box.setPhase('Running', []),
  'the instance fails': (box) => box.setPhase('Failed'),
  'the instance is deleted by hand': (box) => box.vmis.delete(box.key),
  start: (box) => box.put('start'),
  'start paused': (box) => box.put('start', { paused: true }),
  stop: (box) => box.put('stop'),
  restart: (box) => box.put('restart'),
  'forced restart': (box) => box.put('restart', { gracePeriodSeconds: 0 }),
  "Harvester's start": (box) => box.post('start'),
  "Harvester's stop": (box) => box.post('stop'),
  "Harvester's restart": (box) => box.post('restart'),
  'the strategy becomes this one': (box, strategy) => box.change({ spec: { runStrategy: strategy } }),
  'the template changes': (box) => box.change({ spec: { template: { spec: { hostname: 'changed' } } } }),
  'the VM is deleted': (box) => box.vms.delete(box.key),
}
