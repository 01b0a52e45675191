// docs/spec/migration.md with real QEMU and a real guest: it is moved while it answers, while the server dies, and against its will.

import { writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { forwardedPortsOf, type VirtualMachineInstanceMigration, virtualMachineInstanceMigrationDefinition } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { sampleHeartbeat } from '../kit/sampling.ts'
import { printedRandom } from '../kit/seed.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import {
  act,
  askGuest,
  emptyMachine,
  guestMachine,
  instances,
  key,
  type RunningGuest,
  uidOf,
  untilGuestAnswers,
  virtualMachines,
} from '../kit/virtual-machines.ts'

let server: ServerProcess
let guest: RunningGuest
/** Its program of QEMU is found before the installed one, and is the same under another path. */
let programs: string

const migrations = () => server.client.resource<VirtualMachineInstanceMigration>(virtualMachineInstanceMigrationDefinition)
const pidsOf = (name: string, id: string): number[] =>
  machineProcesses(server.dataFolder)
    .filter((each) => each.id === id)
    .map(({ pid }) => pid)
const pids = (): number[] => pidsOf('guest', uidOf(guest.instance))

const migrationOf = (vmiName: string, name: string): VirtualMachineInstanceMigration => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstanceMigration',
  metadata: { namespace: 'default', name },
  spec: { vmiName },
})
const untilOver = (name: string): Promise<VirtualMachineInstanceMigration> =>
  eventually(
    `the migration ${name} is over`,
    async () => {
      const found = await migrations().find(key(name))
      return ['Succeeded', 'Failed'].includes(found?.status?.phase ?? '') ? found : undefined
    },
    60_000,
  )

beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), 'sheaf-qemu-path-'))
  const program = join(programs, 'qemu-system-x86_64')
  // Refuses to take a guest while there is a file that says so.
  writeFileSync(
    program,
    `#!/bin/sh
case "$*" in *-incoming*) [ -e '${programs}/refuse' ] && { echo 'no such device: abacus' >&2; exit 1; };; esac
PATH='${process.env['PATH'] ?? ''}' exec qemu-system-x86_64 "$@"
`,
  )
  await chmod(program, 0o755)
  server = await startServerProcess({ environment: { PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}` } })
  await virtualMachines(server).create(guestMachine('guest', 'RerunOnFailure'))
  guest = await untilGuestAnswers(server, 'guest')
})
afterAll(async () => {
  await server?.dispose()
  await rm(programs, { recursive: true, force: true })
})

/** The same guest, in one process, reached by the same port. */
async function expectSameGuest(): Promise<void> {
  const now = await instances(server).get(key('guest'))
  expect(uidOf(now)).toBe(uidOf(guest.instance))
  expect(now.status?.phase).toBe('Running')
  expect(forwardedPortsOf(now)).toEqual(forwardedPortsOf(guest.instance))
  expect(await askGuest(guest.instance, '/boot-id')).toBe(guest.bootId)
  expect(pids()).toHaveLength(1)
}

test('MG1 MG13 a guest goes on counting in another process, and the migration says how long it stood still', async () => {
  const [before] = pids()
  const heartbeat = sampleHeartbeat(guest.instance)
  await eventually('the guest counts', () => heartbeat.beats.length > 2)
  await migrations().create(migrationOf('guest', 'first'))
  const { status } = await untilOver('first')
  expect(status?.phase).toBe('Succeeded')
  const { message } = findCondition(status?.conditions, 'GuestMoved') ?? {}
  expect(message).toMatch(/stood still for \d+ ms; [\d.]+ MiB were copied in \d+ ms$/)
  process.stdout.write(`${message}\n`)
  const seen = heartbeat.beats.length
  await eventually('the guest goes on counting', () => heartbeat.beats.length > seen + 5)
  await heartbeat.stop()
  const beats = heartbeat.beats.map(({ beat }) => beat)
  expect(beats).toEqual(beats.toSorted((a, b) => a - b))
  expect(pids()).not.toEqual([before])
  await expectSameGuest()
  const { migrationState } = (await instances(server).get(key('guest'))).status ?? {}
  expect(migrationState).toMatchObject({ migrationUid: expect.any(String), completed: true, failed: false, mode: 'PreCopy' })
})

test('MG23 a connection that is open ends, and a new one is taken at once', async () => {
  const port = forwardedPortsOf(guest.instance).find(({ name }) => name === 'http')?.hostPort ?? 0
  const open = connect({ port, host: '127.0.0.1' })
  open.on('error', () => {})
  const closed = new Promise((resolve) => open.once('close', resolve))
  await new Promise((resolve) => open.once('connect', resolve))
  await migrations().create(migrationOf('guest', 'second'))
  expect((await untilOver('second')).status?.phase).toBe('Succeeded')
  await closed
  await expectSameGuest()
})

test('MG24 sheaf migrate moves it and says what it took', async () => {
  const [before] = pids()
  const { code, stdout } = await server.sheaf('migrate', 'guest', '--wait')
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^VM guest: the guest was moved to another process of QEMU [\d.]+ and stood/),
  ])
  expect(pids()).not.toEqual([before])
  await expectSameGuest()
  const refused = await server.sheaf('migrate', 'nobody')
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('the VMI "default/nobody" does not exist')])
})

test('MG12 a process that refuses to take it leaves it where it is, and says why', async () => {
  const before = pids()
  writeFileSync(join(programs, 'refuse'), '')
  try {
    const { code, stderr } = await server.sheaf('migrate', 'guest', '--wait')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/VM guest stays where it is: .*no such device: abacus/s)])
  } finally {
    await rm(join(programs, 'refuse'))
  }
  expect(pids()).toEqual(before)
  await expectSameGuest()
})

test('MG16 a migration that is deleted at once ends, and leaves one process', async () => {
  await migrations().create(migrationOf('guest', 'cancelled'))
  await eventually('it is under way', async () => (await migrations().find(key('cancelled')))?.status?.phase !== 'Pending')
  await migrations().delete(key('cancelled'))
  await eventually('it is gone', async () => (await migrations().find(key('cancelled'))) === undefined)
  await eventually('one process is left', () => pids().length === 1)
  await expectSameGuest()
})

test('MG17 a machine with a TPM says that it cannot, and is refused', async () => {
  const machine = emptyMachine('with-tpm', 'Always')
  machine.spec.template.spec.domain.devices.tpm = {}
  await virtualMachines(server).create(machine)
  const refused = await eventually(
    'it says so',
    async () => {
      const { status } = (await instances(server).find(key('with-tpm'))) ?? {}
      return findCondition(status?.conditions, 'LiveMigratable')
    },
    30_000,
  )
  expect(refused).toMatchObject({ status: 'False', reason: 'NotMigratable', message: expect.stringContaining('TPM') })
  const { code, stderr } = await server.sheaf('migrate', 'with-tpm')
  expect([code, stderr]).toEqual([1, expect.stringContaining('Cannot migrate VMI, Reason: NotMigratable')])
  await virtualMachines(server).delete(key('with-tpm'))
})

const random = printedRandom('migration')
test.each(Array.from({ length: 6 }, (_, round) => round + 1))(
  'MG9 death %i of the server in the middle: the guest answers, in one process, and the migration comes to its end',
  async (round) => {
    const name = `death-${round}`
    await migrations().create(migrationOf('guest', name))
    // From the first look at it until after it is over.
    await new Promise((resolve) => setTimeout(resolve, random.below(900)))
    await server.kill('SIGKILL')
    await eventually('the guest answers while there is no server, or has lost its port with the process it left', async () => {
      return pids().length >= 1
    })
    await server.start()
    const { status } = await untilOver(name)
    expect(status?.migrationState).toMatchObject({ completed: true })
    await expectSameGuest()
  },
)

test('MG6 a machine that was moved is stopped and started like any other', async () => {
  await act(server, 'guest', 'stop')
  await eventually('it is off', async () => (await instances(server).find(key('guest'))) === undefined, 60_000)
  await eventually('its migrations went with it', async () => (await migrations().list()).items.length === 0, 30_000)
  expect(machineProcesses(server.dataFolder)).toEqual([])
})
