// What happens to guests while no server is there is judged by the next one; and a server that is asked to end leaves
// its guests alone.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { endProcess, machineProcesses } from '../kit/machine-processes.ts'
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

interface End {
  name: string
  strategy: 'Manual' | 'RerunOnFailure'
  how: 'poweroff' | 'crash' | 'kill'
}

const ends: readonly End[] = (['poweroff', 'crash', 'kill'] as const).flatMap((how) =>
  (['Manual', 'RerunOnFailure'] as const).map((strategy) => ({ name: `${how}-${strategy.toLowerCase()}`, strategy, how })),
)
/** Of a Manual VM's instance, which stays as it ended. */
const judgements = {
  poweroff: { phase: 'Succeeded', reason: 'GuestShutdown' },
  crash: { phase: 'Failed', reason: 'GuestPanicked' },
  kill: { phase: 'Failed', reason: 'ProcessGone' },
} as const

let server: ServerProcess
let before: Map<string, RunningGuest>

beforeAll(async () => {
  server = await startServerProcess()
  for (const { name, strategy } of ends) {
    await virtualMachines(server).create(guestMachine(name, strategy))
    if (strategy === 'Manual') await act(server, name, 'start')
  }
  before = new Map(await Promise.all(ends.map(async ({ name }) => [name, await untilGuestAnswers(server, name)] as const)))
})
afterAll(() => server?.dispose())

const guestOf = (name: string): RunningGuest => {
  const guest = before.get(name)
  if (guest === undefined) throw new Error(`${name} never ran`)
  return guest
}
const pidOf = (id: string): number | undefined => machineProcesses(server.dataFolder).find((each) => each.id === id)?.pid

/** Ends a guest while nobody is there to see it. QEMU waits, with its word on record, unless it was killed. */
async function end({ name, how }: End): Promise<void> {
  const { instance } = guestOf(name)
  const id = uidOf(instance)
  if (how === 'kill') {
    endProcess(pidOf(id) ?? 0)
    await eventually(`QEMU of ${name} is gone`, () => pidOf(id) === undefined)
    return
  }
  await askGuest(instance, `/${how}`)
  const lastWord = how === 'crash' ? 'GUEST_PANICKED' : 'SHUTDOWN'
  await eventually(`${name} has ended`, () =>
    readFileSync(join(server.dataFolder, 'machines', id, 'events.log'), 'utf8').includes(lastWord),
  )
  expect(pidOf(id)).toBeDefined()
}

test('a guest that ended while the server was dead is judged rightly by the next one', async () => {
  await server.kill('SIGKILL')
  await Promise.all(ends.map(end))
  await server.start()

  for (const { name, how } of ends.filter(({ strategy }) => strategy === 'Manual')) {
    const instance = await eventually(`${name} is judged`, async () => {
      const found = await instances(server).get(key(name))
      return found.status?.phase === 'Running' ? undefined : found
    })
    expect(uidOf(instance)).toBe(uidOf(guestOf(name).instance))
    expect(instance.status).toMatchObject(judgements[how])
    await eventually(
      `${name} is off`,
      async () => (await virtualMachines(server).get(key(name))).status?.printableStatus === 'Stopped',
    )
    await eventually(`QEMU of ${name} is gone`, () => pidOf(uidOf(instance)) === undefined)
  }
  await eventually('a guest that powered off stays off', async () => {
    const vm = await virtualMachines(server).get(key('poweroff-rerunonfailure'))
    return (
      vm.status?.printableStatus === 'Stopped' && (await instances(server).find(key('poweroff-rerunonfailure'))) === undefined
    )
  })
  for (const name of ['crash-rerunonfailure', 'kill-rerunonfailure']) {
    const after = await untilGuestAnswers(server, name, guestOf(name))
    expect(uidOf(after.instance)).not.toBe(uidOf(guestOf(name).instance))
  }
})

test('a server that is asked to end says how many guests keep running, and they do', async () => {
  const names = ['crash-rerunonfailure', 'kill-rerunonfailure']
  const guests = await Promise.all(names.map((name) => untilGuestAnswers(server, name)))
  const processes = machineProcesses(server.dataFolder)
  expect(processes.map(({ id }) => id).toSorted()).toEqual(guests.map(({ instance }) => uidOf(instance)).toSorted())
  await server.kill('SIGTERM')
  expect(server.log()).toContain('The control plane has ended (SIGTERM): 2 guest(s) keep running')
  for (const { instance, bootId } of guests) expect(await askGuest(instance, '/boot-id')).toBe(bootId)

  await server.start()
  expect(machineProcesses(server.dataFolder)).toEqual(processes)
  for (const { instance, bootId } of guests) {
    expect((await instances(server).get(key(instance.metadata.name ?? ''))).status?.phase).toBe('Running')
    expect(await askGuest(instance, '/boot-id')).toBe(bootId)
  }
})

test('sheaf down shuts the guests down as the host would, and the next server starts those that come back after a failure', async () => {
  const comeBack = ['crash-rerunonfailure', 'kill-rerunonfailure']
  const manual = 'kill-manual'
  await act(server, manual, 'start')
  const guests = await Promise.all([...comeBack, manual].map((name) => untilGuestAnswers(server, name, guestOf(name))))

  const down = await server.sheaf('down')
  expect(down).toMatchObject({ code: 0, stderr: '' })
  for (const { instance } of guests) expect(down.stdout).toContain(`default/${instance.metadata.name} is off`)
  expect(machineProcesses(server.dataFolder)).toEqual([])

  await server.start()
  for (const [index, name] of comeBack.entries()) {
    const after = await untilGuestAnswers(server, name, guests[index])
    expect(after.vm.spec.runStrategy).toBe('RerunOnFailure')
    expect(uidOf(after.instance)).not.toBe(uidOf(guests[index]?.instance ?? after.instance))
  }
  expect((await instances(server).get(key(manual))).status).toMatchObject({ phase: 'Failed', reason: 'HostShutdown' })
  expect(machineProcesses(server.dataFolder).length).toBe(comeBack.length)
})
