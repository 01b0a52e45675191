// Moves of real machines, stopped at the places where something may go wrong.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findProgram } from '../find-program.ts'
import type { Hypervisor, Machine } from '../hypervisor.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { scanByPidFile } from '../process-identity.ts'
import { openQemuHypervisor } from '../qemu-hypervisor.ts'
import { connectQmp, type QmpClient } from '../qmp/client.ts'
import { fileNames } from '../state-files.ts'
import { openSocketPath } from '../state-folder.ts'
import { openQemuRig, type QemuRig, serialText } from '../testing/qemu-rig.ts'
import { heldForwards } from './forwards.ts'
import type { Migration, MigrationOutcome } from './migration.ts'

const isQemuThere = (await findProgram('qemu-system-x86_64')) !== undefined && (await findProgram('qemu-img')) !== undefined
const title = 'a move of a real machine (skipped where qemu-system-x86_64 or qemu-img is missing)'

describe.skipIf(!isQemuThere)(title, { timeout: 120_000 }, () => {
  let rig: QemuRig
  let hypervisor: Hypervisor

  beforeEach(async () => {
    rig = await openQemuRig()
    hypervisor = await rig.open()
  })
  afterEach(async () => {
    await hypervisor.release()
    await rig[Symbol.asyncDispose]()
  })

  const launched = async (changes: Partial<LaunchPlan> = {}): Promise<Machine> => {
    const machine = await hypervisor.launch(rig.plan('one', { interfaces: [forwardedInterface], ...changes }))
    await expect.poll(() => serialText(machine), { timeout: 20_000 }).toContain('>')
    return machine
  }
  const folder = (): string => join(rig.root, 'machines', 'one')
  const found = async (): Promise<Machine> => (await hypervisor.find('one')) ?? raise('there is no machine')
  const outcome = async (): Promise<MigrationOutcome> => {
    await expect.poll(async () => (await found()).migration?.outcome, { timeout: 20_000 }).toBeDefined()
    return (await found()).migration?.outcome ?? raise('there is no outcome')
  }
  const processes = async (): Promise<number[]> => [...(await scanByPidFile(folder())).values()].map(({ pid }) => pid)

  /** There is one process, it is the one on record, it runs the guest, holds the ports, and nothing of another one is left. */
  async function expectOneMachine(): Promise<Machine> {
    const machine = await found()
    expect(machine.state).toMatchObject({ kind: 'running', paused: false })
    expect(await processes()).toEqual([pidOf(machine)])
    expect((await readdir(folder())).filter((name) => name.startsWith('incoming'))).toEqual([])
    const started = JSON.parse(await readFile(join(folder(), fileNames.started), 'utf8')) as { pid: number }
    expect(started.pid).toBe(pidOf(machine))
    await withTools(async (tools) => {
      expect(await tools.execute('query-status')).toMatchObject({ status: 'running' })
      const table = await tools.execute('human-monitor-command', { 'command-line': 'info usernet' })
      expect([...heldForwards(table)]).toEqual(machine.forwards.map(({ hostPort }) => `tcp 127.0.0.1 ${hostPort}`))
    })
    const console = await hypervisor.openSerial('one')
    let heard = ''
    console.on('data', (text) => (heard += String(text)))
    const before = (await serialText(machine)).length
    console.write('hello')
    await expect.poll(async () => (await serialText(machine)).slice(before), { timeout: 20_000 }).toContain('hello')
    expect(heard).toContain('hello')
    console.destroy()
    return machine
  }

  async function withTools<T>(act: (tools: QmpClient) => Promise<T>): Promise<T> {
    await using named = await openSocketPath(folder(), fileNames.toolsSocket)
    const tools = await connectQmp(named.path)
    try {
      return await act(tools)
    } finally {
      tools.close()
    }
  }

  /** The guest stands still and the target waits for the rest, until `goOn`. */
  const stopBeforeTheEnd = (): Promise<unknown> =>
    withTools((tools) =>
      tools.execute('migrate-set-capabilities', { capabilities: [{ capability: 'pause-before-switchover', state: true }] }),
    )
  const goOn = (): Promise<unknown> =>
    withTools((tools) => tools.execute('human-monitor-command', { 'command-line': 'migrate_continue pre-switchover' }))
  const untilStopped = (): Promise<void> =>
    expect
      .poll(() => withTools((tools) => tools.execute('query-migrate')), { timeout: 20_000 })
      .toMatchObject({
        status: 'pre-switchover',
      })

  async function restart(): Promise<void> {
    await hypervisor.release()
    hypervisor = await rig.open()
  }

  it('MG5 goes on when whoever began it dies while the guest stands still, and is taken up by the next one', async () => {
    const before = await launched()
    await stopBeforeTheEnd()
    await hypervisor.migrate('one', 'first')
    await untilStopped()
    expect(await processes()).toHaveLength(2)
    await restart()
    // Of a guest that is between two processes that is said which was true before.
    expect((await found()).migration?.outcome).toBeUndefined()
    await goOn()
    expect(await outcome()).toMatchObject({ kind: 'succeeded' })
    expect(pidOf(await expectOneMachine())).not.toBe(pidOf(before))
  })

  it('MG3 refuses another one meanwhile; what would let the guest run waits', async () => {
    await launched()
    await stopBeforeTheEnd()
    await hypervisor.migrate('one', 'first')
    await untilStopped()
    const refusal = { name: 'MigrationRefused', obstacle: 'UnderWay' }
    await expect(hypervisor.migrate('one', 'second')).rejects.toMatchObject(refusal)
    let isResumed = false
    const resuming = hypervisor.resume('one').then(() => (isResumed = true))
    expect((await found()).state).toMatchObject({ kind: 'running', paused: false })
    expect((await found()).migration?.progress).toMatchObject({ transferredBytes: expect.any(Number) })
    expect(isResumed).toBe(false)
    await goOn()
    await resuming
    expect((await found()).migration).toMatchObject({ name: 'first', outcome: { kind: 'succeeded' } })
    await expectOneMachine()
  })

  it('MG7 is cancelled: the guest runs on where it was, with its ports, and can be moved later', async () => {
    const before = await launched()
    await stopBeforeTheEnd()
    await hypervisor.migrate('one', 'first')
    await untilStopped()
    await hypervisor.cancelMigration('one')
    expect(await outcome()).toMatchObject({ kind: 'failed', reason: 'Cancelled' })
    expect(pidOf(await expectOneMachine())).toBe(pidOf(before))
    await withTools((tools) =>
      tools.execute('migrate-set-capabilities', { capabilities: [{ capability: 'pause-before-switchover', state: false }] }),
    )
    await hypervisor.migrate('one', 'second')
    expect(await outcome()).toMatchObject({ kind: 'succeeded' })
    await expectOneMachine()
  })

  it('MG12 leaves the guest where it was when the new process is lost', async () => {
    const before = await launched()
    await stopBeforeTheEnd()
    await hypervisor.migrate('one', 'first')
    await untilStopped()
    for (const pid of await processes()) if (pid !== pidOf(before)) process.kill(pid, 'SIGKILL')
    await goOn().catch(() => {})
    expect(await outcome()).toMatchObject({ kind: 'failed', reason: 'QemuFailed' })
    expect(pidOf(await expectOneMachine())).toBe(pidOf(before))
  })

  it('MG6 is the end of the machine when the old process is lost before the guest has gone over', async () => {
    const before = await launched()
    await stopBeforeTheEnd()
    await hypervisor.migrate('one', 'first')
    await untilStopped()
    process.kill(pidOf(before), 'SIGKILL')
    await expect.poll(async () => (await found()).state, { timeout: 20_000 }).toMatchObject({ exit: { cause: 'crashed' } })
    expect((await found()).migration?.outcome).toMatchObject({ kind: 'failed', reason: 'MachineEnded' })
    expect(await processes()).toEqual([])
  })

  it('MG6 ends both processes when the machine is removed, also one that nobody had concluded', async () => {
    await launched()
    await stopBeforeTheEnd()
    await hypervisor.migrate('one', 'first')
    await untilStopped()
    await hypervisor.release()
    await writeFile(join(folder(), fileNames.ending), JSON.stringify({ kind: 'remove', at: '2030-01-01T00:00:00Z' }))
    hypervisor = await rig.open()
    expect(await hypervisor.find('one')).toBeUndefined()
    expect(await processes()).toEqual([])
  })

  it('MG12 leaves the guest where it was when QEMU refuses, and says what QEMU said', async () => {
    const before = await launched()
    const qemu = join(rig.root, 'refuses')
    await writeFile(
      qemu,
      '#!/bin/sh\ncase "$*" in *-incoming*) echo "no such device: abacus" >&2; exit 1;; esac\nexec qemu-system-x86_64 "$@"\n',
    )
    await chmod(qemu, 0o755)
    await hypervisor.release()
    hypervisor = await openQemuHypervisor({ root: rig.root, accelerator: 'tcg', programs: { qemu } })
    await hypervisor.migrate('one', 'first')
    const failed = await outcome()
    expect(failed).toMatchObject({ kind: 'failed', reason: 'QemuFailed' })
    expect(failed.kind === 'failed' && failed.message).toContain('no such device: abacus')
    expect(pidOf(await expectOneMachine())).toBe(pidOf(before))
  })

  it('MG1 ends what is connected to a port of the guest, and whoever connects anew is taken at once', async () => {
    const before = await launched()
    const { hostPort = 0 } = before.forwards[0] ?? {}
    const open = connect({ port: hostPort, host: '127.0.0.1' })
    open.on('error', () => {})
    await once(open, 'connect')
    const closed = once(open, 'close')
    await hypervisor.migrate('one', 'first')
    await outcome()
    await closed
    const next = connect({ port: hostPort, host: '127.0.0.1' })
    await once(next, 'connect')
    next.destroy()
    await expectOneMachine()
  })

  it('tells the version of the QEMU that runs a machine, also after a restart and of a record that does not say it', async () => {
    const { qemuVersion } = runningOf(await launched())
    expect(qemuVersion).toMatch(/^\d+\.\d+\.\d+$/)
    expect((await hypervisor.capabilities()).emulator?.version).toBe(qemuVersion)
    await hypervisor.release()
    const path = join(folder(), fileNames.started)
    const { qemuVersion: _, ...older } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
    await writeFile(path, JSON.stringify(older))
    hypervisor = await rig.open()
    expect(runningOf(await found()).qemuVersion).toBe(qemuVersion)
  })
})

describe.skipIf(!isQemuThere)(`${title}, whose control plane dies`, { timeout: 120_000 }, () => {
  // From before anything is on record until after the old process is gone: a move of this guest takes some 300 ms.
  it.each([0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 220, 240, 260, 280, 300, 350, 400, 500])(
    'MG9 %i ms into it: the next one finds the guest running in one process',
    async (delayMs) => {
      await using rig = await openQemuRig()
      const first = await rig.open()
      const before = await first.launch(rig.plan('one', { interfaces: [forwardedInterface] }))
      await expect.poll(() => serialText(before), { timeout: 20_000 }).toContain('>')
      await first.release()
      await moveAndDie(rig, delayMs)
      const hypervisor = await rig.open()
      let migration: Migration | undefined
      await expect
        .poll(async () => {
          migration = (await hypervisor.find('one'))?.migration
          return migration === undefined || migration.outcome !== undefined
        })
        .toBe(true)
      const machine = (await hypervisor.find('one')) ?? raise('there is no machine')
      expect(machine.state).toMatchObject({ kind: 'running', paused: false })
      expect([...(await scanByPidFile(rig.root)).values()].map(({ pid }) => pid)).toEqual([pidOf(machine)])
      expect(pidOf(machine) !== pidOf(before)).toBe(migration?.outcome?.kind === 'succeeded')
      const heard = (await serialText(machine)).length
      const console = await hypervisor.openSerial('one')
      console.write('hello')
      await expect.poll(async () => (await serialText(machine)).slice(heard), { timeout: 20_000 }).toContain('hello')
      console.destroy()
      const connection = connect({ port: machine.forwards[0]?.hostPort ?? 0, host: '127.0.0.1' })
      await once(connection, 'connect')
      connection.destroy()
      await hypervisor.release()
    },
  )
})

async function moveAndDie(rig: QemuRig, delayMs: number): Promise<void> {
  const program = new URL('../testing/move-and-linger.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [program, rig.root, 'one'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  await new Promise((resolve) => setTimeout(resolve, delayMs))
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

const forwardedInterface = {
  name: 'default',
  macAddress: '02:00:00:00:00:01',
  model: 'virtio-net',
  forwards: [{ name: 'ssh', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 'any', guestPort: 22 }],
} as const

function runningOf({ state }: Machine) {
  return state.kind === 'running' ? state : raise(`it is ${state.kind}`)
}

const pidOf = (machine: Machine): number => runningOf(machine).pid

function raise(what: string): never {
  throw new Error(what)
}
