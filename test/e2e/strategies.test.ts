// What each run strategy makes of what happens to a real guest: KubeVirt's table, cell by cell.

import { type Event, eventDefinition, type RunStrategy, type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import { type VirtualMachineInstance, virtualMachineInstanceDefinition } from '@sheaf/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { endProcess, machineFolders, machineProcesses } from '../kit/machine-processes.ts'
import { type RecordedWatch, recordWatch } from '../kit/recorded-watch.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import {
  act,
  askGuest,
  guestMachine,
  instances,
  key,
  type RunningGuest,
  uidOf,
  untilGuestAnswers,
  virtualMachines,
} from '../kit/virtual-machines.ts'

let server: ServerProcess
let vmWatch: RecordedWatch<VirtualMachine>
let instanceWatch: RecordedWatch<VirtualMachineInstance>

beforeAll(async () => {
  server = await startServerProcess()
  vmWatch = await recordWatch(server, virtualMachineDefinition)
  instanceWatch = await recordWatch(server, virtualMachineInstanceDefinition)
})
afterAll(async () => {
  await vmWatch?.stop()
  await instanceWatch?.stop()
  await server?.dispose()
})

type Outcome =
  /** Another instance, another boot. */
  | 'new'
  /** No instance. */
  | 'off'
  /** The instance stays as it ended. */
  | 'kept'
  /** The same instance and process, another boot. */
  | 'same'

const strategies = ['Always', 'RerunOnFailure', 'Manual', 'Once', 'Halted'] as const
type Strategy = (typeof strategies)[number]
/** A halted VM that is started becomes Always. */
const strategyWhenStarted: Record<Strategy, RunStrategy> = {
  Always: 'Always',
  RerunOnFailure: 'RerunOnFailure',
  Manual: 'Manual',
  Once: 'Once',
  Halted: 'Always',
}

interface GuestEvent {
  name: string
  cause(guest: RunningGuest): Promise<unknown> | void
  phase: 'Succeeded' | 'Failed' | 'Running'
  /** Of the instance that ended. */
  reason?: string
  eventReasons: readonly string[]
  outcomes: Record<Strategy, Outcome>
}

const afterFailure = { Always: 'new', RerunOnFailure: 'new', Manual: 'kept', Once: 'kept', Halted: 'new' } as const

const guestEvents: readonly GuestEvent[] = [
  {
    name: 'RS2 the guest powers itself off',
    cause: ({ instance }) => askGuest(instance, '/poweroff'),
    phase: 'Succeeded',
    reason: 'GuestShutdown',
    eventReasons: ['Stopped'],
    outcomes: { Always: 'new', RerunOnFailure: 'off', Manual: 'kept', Once: 'kept', Halted: 'new' },
  },
  {
    name: 'RS3 QEMU is killed',
    cause: ({ instance }) => endProcess(pidOf(instance)),
    phase: 'Failed',
    reason: 'ProcessGone',
    eventReasons: ['Stopped'],
    outcomes: afterFailure,
  },
  {
    name: "RS3 the guest's kernel panics",
    cause: ({ instance }) => askGuest(instance, '/crash'),
    phase: 'Failed',
    reason: 'GuestPanicked',
    eventReasons: ['GuestPanicked', 'Stopped'],
    outcomes: afterFailure,
  },
  {
    name: 'the guest reboots',
    cause: ({ instance }) => askGuest(instance, '/reboot'),
    phase: 'Running',
    eventReasons: [],
    outcomes: { Always: 'same', RerunOnFailure: 'same', Manual: 'same', Once: 'same', Halted: 'same' },
  },
]

function pidOf(instance: VirtualMachineInstance): number {
  const found = machineProcesses(server.dataFolder).find(({ id }) => id === uidOf(instance))
  if (found === undefined) throw new Error(`no QEMU runs for the instance ${instance.metadata.name}`)
  return found.pid
}

/** The VM, running, whatever its strategy needs for that. */
async function runGuest(name: string, strategy: Strategy): Promise<RunningGuest> {
  await virtualMachines(server).create(guestMachine(name, strategy))
  if (strategy === 'Manual' || strategy === 'Halted') await act(server, name, 'start')
  const guest = await untilGuestAnswers(server, name)
  expect(guest.vm.spec.runStrategy).toBe(strategyWhenStarted[strategy])
  return guest
}

/** The VM when its status is settled. */
async function untilStatus(name: string, printableStatus: 'Running' | 'Stopped'): Promise<VirtualMachine> {
  return eventually(`${name} is ${printableStatus}`, async () => {
    const vm = await virtualMachines(server).get(key(name))
    return vm.status?.printableStatus === printableStatus ? vm : undefined
  })
}

const ends: Record<Outcome, (name: string, before: RunningGuest, event: GuestEvent) => Promise<VirtualMachine>> = {
  async new(name, before) {
    const after = await untilGuestAnswers(server, name, before)
    expect(uidOf(after.instance)).not.toBe(uidOf(before.instance))
    expect(machineProcesses(server.dataFolder).filter(({ id }) => id === uidOf(before.instance))).toEqual([])
    return untilStatus(name, 'Running')
  },
  async off(name, before) {
    await eventually(`the instance of ${name} is gone`, async () => (await instances(server).find(key(name))) === undefined)
    expect(machineProcesses(server.dataFolder).filter(({ id }) => id === uidOf(before.instance))).toEqual([])
    const vm = await untilStatus(name, 'Stopped')
    expect(vm.status?.created).not.toBe(true)
    return vm
  },
  async kept(name, before, { phase, reason }) {
    const vm = await untilStatus(name, 'Stopped')
    expect(vm.status?.created).toBe(true)
    const kept = await instances(server).get(key(name))
    expect(uidOf(kept)).toBe(uidOf(before.instance))
    expect(kept.status).toMatchObject({ phase, reason })
    expect(machineProcesses(server.dataFolder).filter(({ id }) => id === uidOf(before.instance))).toEqual([])
    return vm
  },
  async same(name, before) {
    const pid = pidOf(before.instance)
    const after = await untilGuestAnswers(server, name, before)
    expect(uidOf(after.instance)).toBe(uidOf(before.instance))
    expect(pidOf(after.instance)).toBe(pid)
    return untilStatus(name, 'Running')
  },
}

const cells = guestEvents.flatMap((event, row) =>
  strategies.map((strategy) => ({
    event,
    strategy,
    outcome: event.outcomes[strategy],
    name: `row${row}-${strategy.toLowerCase()}`,
  })),
)

describe.each(guestEvents)('$name', (event) => {
  const row = cells.filter((cell) => cell.event === event)

  test.concurrent.each(row)('$strategy: $outcome', async ({ name, strategy, outcome }) => {
    const before = await runGuest(name, strategy)
    const from = vmWatch.events.length
    await event.cause(before)
    // Until the end is seen, the guest that runs is the one of before.
    const vm = await ends[outcome](name, before, event)
    expect(vm.spec.runStrategy).toBe(strategyWhenStarted[strategy])
    expect(vm.status?.stateChangeRequests).toBeUndefined()
    const phases = instancesOf(name).map(({ uid, phases }) => (uid === uidOf(before.instance) ? phases.at(-1) : undefined))
    expect(phases[0]).toBe(event.phase)
    const words = vmWatch.events.slice(from).filter(({ object }) => object.metadata.name === name)
    // RS39: on its way from one instance to the next it never reads Stopped.
    if (outcome === 'new') expect(words.map(({ object }) => object.status?.printableStatus)).not.toContain('Stopped')
    await eventually(`the events of ${name}`, async () => {
      const reasons = await eventReasonsOf(uidOf(before.instance))
      return event.eventReasons.every((reason) => reasons.includes(reason))
    })
    // Those that run would only cost the next ones their time.
    if (outcome === 'new' || outcome === 'same') await virtualMachines(server).delete(key(name))
  })
})

/** Every instance that there ever was under this name, with the phases that it went through. */
function instancesOf(name: string): { uid: string; phases: (string | undefined)[] }[] {
  const seen = instanceWatch.events.map(({ object }) => object).filter(({ metadata }) => metadata.name === name)
  return [...Map.groupBy(seen, uidOf)].map(([uid, versions]) => ({ uid, phases: versions.map(({ status }) => status?.phase) }))
}

async function eventReasonsOf(uid: string): Promise<(string | undefined)[]> {
  const { items } = await server.client.resource<Event>(eventDefinition).list({ namespace: 'default' })
  return items.filter(({ involvedObject }) => involvedObject.uid === uid).map(({ reason }) => reason)
}

describe('when all that has happened', () => {
  test('no instance was made that should not have been', () => {
    const counts = Object.fromEntries(cells.map(({ name }) => [name, instancesOf(name).length]))
    expect(counts).toEqual(Object.fromEntries(cells.map(({ name, outcome }) => [name, outcome === 'new' ? 2 : 1])))
  })

  test('VMs that are off have stayed as they were, and take their instances with them', async () => {
    for (const { name, event, outcome } of cells.filter((cell) => cell.outcome === 'off' || cell.outcome === 'kept')) {
      expect((await virtualMachines(server).get(key(name))).status?.printableStatus).toBe('Stopped')
      expect((await instances(server).find(key(name)))?.status?.phase).toBe(outcome === 'off' ? undefined : event.phase)
      await virtualMachines(server).delete(key(name))
    }
    await eventually('all is cleared away', async () => (await instances(server).list()).items.length === 0)
    expect(machineProcesses(server.dataFolder)).toEqual([])
    await eventually('no folder of a machine is left', () => machineFolders(server.dataFolder).length === 0)
  })
})
