// The promises of hypervisor.ts about moves to another process, as tests.

import { describe, expect, it } from 'vitest'
import { type Hypervisor, type Machine, NotRunning, type RunningState } from '../hypervisor.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import type { MigrationOutcome } from '../migration/migration.ts'
import type { ConformanceRig } from './hypervisor-conformance.ts'
import { exitOf, isRefusal, pidOf, raise, typeUntilEchoed, until } from './watched-machine.ts'

/** What a test has of its rig and its hypervisor, which are others for each. */
export interface Bench {
  rig(): ConformanceRig
  hypervisor(): Hypervisor
  restart(): Promise<void>
  existing(id: string): Promise<Machine>
  launchBooted(plan: LaunchPlan): Promise<Machine>
}

export function moveConformance({ rig, hypervisor, restart, existing, launchBooted }: Bench): void {
  describe('a move to another process', () => {
    const untilMoved = async (id: string): Promise<MigrationOutcome> => {
      await until(async () => (await existing(id)).migration?.outcome !== undefined)
      return (await existing(id)).migration?.outcome ?? raise('it has no outcome')
    }
    const withNetwork = (id: string, changes: Partial<LaunchPlan> = {}): LaunchPlan =>
      rig().plan(id, {
        interfaces: [
          {
            name: 'default',
            macAddress: '02:00:00:00:00:01',
            model: 'virtio-net',
            forwards: [{ name: 'ssh', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 'any', guestPort: 22 }],
          },
        ],
        ...changes,
      })

    it('MG1 leaves the guest as it was, in a new process, with the same ports, and tells what it took', async () => {
      const before = await launchBooted(withNetwork('one'))
      await hypervisor()
        .openSerial('one')
        .then((console) => typeUntilEchoed(console, 'then'))
      await hypervisor().migrate('one', 'first')
      const outcome = await untilMoved('one')
      expect(outcome).toMatchObject({ kind: 'succeeded', pausedMs: expect.any(Number), totalMs: expect.any(Number) })
      const after = await existing('one')
      const { startedAt } = before.state as RunningState
      expect(after.state).toMatchObject({ kind: 'running', paused: false, startedAt, earlierPids: [pidOf(before)] })
      expect(pidOf(after)).not.toBe(pidOf(before))
      expect(after.forwards).toEqual(before.forwards)
      expect(after.plan).toEqual(before.plan)
      const console = await hypervisor().openSerial('one')
      expect((await typeUntilEchoed(console, ' now'))()).toBe('>then now')
      console.destroy()
    })

    it('MG2 is begun once for one name, and can be done again under another', async () => {
      await launchBooted(withNetwork('one'))
      for (const name of ['first', 'second', 'third']) {
        const before = pidOf(await existing('one'))
        await Promise.all([hypervisor().migrate('one', name), hypervisor().migrate('one', name)])
        expect(await untilMoved('one')).toMatchObject({ kind: 'succeeded' })
        await hypervisor().migrate('one', name)
        expect((await existing('one')).migration).toMatchObject({ name, outcome: { kind: 'succeeded' } })
        expect(pidOf(await existing('one'))).not.toBe(before)
      }
    })

    it('MG3 is refused while another one is under way, and of a machine that does not run', async () => {
      await launchBooted(rig().plan('one'))
      await hypervisor().migrate('one', 'first')
      // The first may be over before the second gets its turn.
      const second = await hypervisor()
        .migrate('one', 'second')
        .then(
          () => 'begun',
          (error: unknown) => error,
        )
      if (second !== 'begun') {
        expect(second).toMatchObject({ name: 'MigrationRefused', obstacle: 'UnderWay' })
        expect((await existing('one')).migration).toMatchObject({ name: 'first' })
      }
      await untilMoved('one')
      await expect(hypervisor().migrate('none', 'first')).rejects.toBeInstanceOf(NotRunning)
      await hypervisor().kill('one')
      await expect(hypervisor().migrate('one', 'third')).rejects.toBeInstanceOf(NotRunning)
    })

    it('MG4 keeps a paused machine paused', async () => {
      await launchBooted(rig().plan('one'))
      await hypervisor().pause('one')
      await hypervisor().migrate('one', 'first')
      expect(await untilMoved('one')).toMatchObject({ kind: 'succeeded' })
      expect((await existing('one')).state).toMatchObject({ kind: 'running', paused: true })
      await hypervisor().resume('one')
      expect((await existing('one')).state).toMatchObject({ kind: 'running', paused: false })
    })

    it('MG5 goes on while nobody looks, and the next one finds one process', async () => {
      const before = await launchBooted(withNetwork('one'))
      await hypervisor().migrate('one', 'first')
      await restart()
      expect(await untilMoved('one')).toMatchObject({ kind: 'succeeded' })
      const after = await existing('one')
      expect(pidOf(after)).not.toBe(pidOf(before))
      expect(after.state).toMatchObject({ kind: 'running', paused: false })
      await typeUntilEchoed(await hypervisor().openSerial('one'), 'still on')
    })

    it('MG6 ends with the machine: what ends it is not kept up, and is what it says', async () => {
      await launchBooted(rig().plan('one'))
      await hypervisor().migrate('one', 'first')
      await hypervisor().kill('one')
      expect(exitOf(await existing('one')).cause).toBe('killed')
      expect((await existing('one')).migration?.outcome).toBeDefined()
      await launchBooted(rig().plan('two'))
      await hypervisor().migrate('two', 'first')
      await hypervisor().remove('two')
      expect(await hypervisor().find('two')).toBeUndefined()
    })

    it('MG7 can be cancelled: the machine runs on where it is', async () => {
      const before = await launchBooted(withNetwork('one', { memoryBytes: 512 * 1024 * 1024 }))
      await hypervisor().migrate('one', 'first')
      await hypervisor().cancelMigration('one')
      const outcome = await untilMoved('one')
      // It may have arrived before it was told.
      if (outcome.kind === 'failed') {
        expect(outcome.reason).toBe('Cancelled')
        expect(pidOf(await existing('one'))).toBe(pidOf(before))
      }
      expect((await existing('one')).state).toMatchObject({ kind: 'running', paused: false })
      await typeUntilEchoed(await hypervisor().openSerial('one'), 'still on')
      await hypervisor().migrate('one', 'second')
      expect(await untilMoved('one')).toMatchObject({ kind: 'succeeded' })
    })

    it('MG8 is refused where it cannot be, with the reason, before anything is begun', async () => {
      await launchBooted(rig().plan('one', { promisedBytes: 1 }))
      const { memoryBytes } = await hypervisor().capabilities()
      await hypervisor().launch(rig().plan('two', { promisedBytes: memoryBytes * 0.7 }))
      await expect(hypervisor().migrate('two', 'first')).rejects.toSatisfy(isRefusal('NoMemory'))
      expect((await existing('two')).migration).toBeUndefined()
    })
  })
}
