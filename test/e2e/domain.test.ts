// What the domain of a spec asks for, seen from inside a real guest and from outside: processors, clock, case, TPM,
// and watchdog.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { VirtualMachine } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { withGuestShell } from '../kit/guest-shell.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import type { Terminal } from '../kit/terminal.ts'
import { emptyMachine, guestMachine, instances, key, uidOf, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess()
})
afterAll(() => server?.dispose())

type Domain = VirtualMachine['spec']['template']['spec']['domain']

async function create(given: VirtualMachine, domain: Partial<Domain>): Promise<void> {
  const { devices } = given.spec.template.spec.domain
  Object.assign(given.spec.template.spec.domain, domain, { devices: { ...devices, ...domain.devices } })
  await virtualMachines(server).create(given)
}

const folderOf = async (name: string): Promise<string> =>
  join(server.dataFolder, 'machines', uidOf(await instances(server).get(key(name))))

/** TPM emulators that run for machines of this server. */
function tpms(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('swtpm\0') &&
        readlinkSync(`/proc/${pid}/cwd`).startsWith(server.dataFolder)
      )
    } catch {
      return false
    }
  })
}

const inGuest = (name: string, ask: (terminal: Terminal) => Promise<void>) => withGuestShell(server, name, ask, /guest:\S*# /)

/** Of QEMU's monitor for tools, in its language for people. */
async function monitor(name: string, ...lines: string[]): Promise<string> {
  // Relative to the folder: its own name may be too long for a socket.
  const there = process.cwd()
  process.chdir(await folderOf(name))
  const socket = connect('tools.sock')
  process.chdir(there)
  let said = ''
  socket.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const asked = lines.map((line) => ({ execute: 'human-monitor-command', arguments: { 'command-line': line } }))
  for (const command of [{ execute: 'qmp_capabilities' }, ...asked]) socket.write(`${JSON.stringify(command)}\n`)
  await eventually('the monitor answers', () => said.split('"return"').length > asked.length + 1)
  socket.destroy()
  return said
}

test('processors, their features, the clock and the case are what the guest sees', async () => {
  await create(guestMachine('seen', 'Always'), {
    cpu: { model: 'Nehalem', sockets: 1, cores: 2, threads: 1, features: [{ name: 'popcnt', policy: 'disable' }] },
    clock: { utc: { offsetSeconds: 86_400 * 365 }, timer: { hpet: { present: false } } },
    chassis: { asset: 'A-17', manufacturer: 'Acme, Inc.' },
    machine: { type: 'q35' },
    ioThreadsPolicy: 'auto',
    devices: {
      rng: {},
      sound: { name: 'horn', model: 'ac97' },
      video: { type: 'cirrus' },
      inputs: [{ name: 'pen', type: 'tablet', bus: 'virtio' }],
    },
  })
  await untilGuestAnswers(server, 'seen')
  await inGuest('seen', async (terminal) => {
    terminal.type("echo $(nproc) CPUs, $(grep -c popcnt /proc/cpuinfo) popcnt, $(grep -m1 'model name' /proc/cpuinfo)\r")
    await terminal.sees(/2 CPUs, 0 popcnt, model name\s*: Intel Core i7 9xx/)
    terminal.type('echo $(cat /sys/class/dmi/id/chassis_asset_tag) of $(cat /sys/class/dmi/id/chassis_vendor)\r')
    await terminal.sees(/A-17 of Acme, Inc\./)
    terminal.type('echo year $(($(date +%Y) - 1))\r')
    await terminal.sees(new RegExp(`year ${new Date().getUTCFullYear()}`))
    terminal.type('echo $(ls -d /sys/firmware/acpi/tables/HPET 2>/dev/null | wc -l) tables\r')
    await terminal.sees(/0 tables/)
  })
  expect((await instances(server).get(key('seen'))).status?.currentCPUTopology).toEqual({ sockets: 1, cores: 2, threads: 1 })
  await virtualMachines(server).delete(key('seen'))
})

test('what cannot be had is told, all at once', async () => {
  await create(emptyMachine('asking', 'Always'), {
    cpu: { model: 'Abacus' },
    memory: { guest: '999Gi' },
    machine: { type: 'pc-q35-99.0' },
  })
  const condition = await eventually('it is told', async () =>
    findCondition((await instances(server).find(key('asking')))?.status?.conditions, 'PodScheduled'),
  )
  expect(condition.message).toMatch(
    /^0\/1 nodes are available: 1 Insufficient memory, this machine does not offer the machine type/,
  )
  expect(condition.message).toMatch(/the CPU model Abacus, which QEMU does not know here/)
  expect((await virtualMachines(server).get(key('asking'))).status?.printableStatus).toBe('ErrorUnschedulable')
  await virtualMachines(server).delete(key('asking'))
})

test('VI43 a persistent TPM is seen by the guest, outlives the server and its instances, and goes with its VM', async () => {
  const sealed = guestMachine('sealed', 'Always')
  sealed.spec.template.spec.volumes = [{ name: 'root', containerDisk: { image: 'sheaf.local/guest:latest' } }]
  const disks = [{ name: 'root', disk: { bus: 'virtio' }, bootOrder: 1 }]
  // From its disk: a TPM and an initrd that is given directly do not go together.
  await create(sealed, { firmware: {}, devices: { disks, tpm: { persistent: true } } })
  const first = await untilGuestAnswers(server, 'sealed')
  const seesItsTpm = () =>
    inGuest('sealed', async (terminal) => {
      terminal.type('echo $(ls /sys/class/tpm) of version $(cat /sys/class/tpm/tpm0/tpm_version_major)\r')
      await terminal.sees(/tpm0 of version 2/)
    })
  await seesItsTpm()
  const kept = join(server.dataFolder, 'kept')
  const [vmUid = ''] = readdirSync(kept)
  expect(vmUid).toBe((await virtualMachines(server).get(key('sealed'))).metadata.uid)
  const before = tpms()
  expect(before).toHaveLength(1)

  await server.kill('SIGKILL')
  await server.start()
  expect(tpms()).toEqual(before)
  await seesItsTpm()

  await instances(server).delete(key('sealed'))
  await untilGuestAnswers(server, 'sealed', first)
  expect(readdirSync(join(kept, vmUid, 'tpm'))).toContain('tpm2-00.permall')
  expect(tpms()).toHaveLength(1)

  await virtualMachines(server).delete(key('sealed'))
  await eventually('it is gone', async () => (await virtualMachines(server).find(key('sealed'))) === undefined)
  expect(readdirSync(kept)).toEqual([])
  expect(tpms()).toEqual([])
})

test('VI41 a watchdog that is not fed powers its guest off, which fails, and its VM starts it again', async () => {
  await create(emptyMachine('watched', 'Always'), {
    devices: { watchdog: { name: 'dog', i6300esb: { action: 'poweroff' } } },
  })
  const first = await eventually('it runs', async () => {
    const instance = await instances(server).find(key('watched'))
    return instance?.status?.phase === 'Running' ? instance : undefined
  })
  const slot = Number(/device\s+(\d+), function 0:[^,]*8086:25ab/.exec(await monitor('watched', 'info pci'))?.[1])
  const register = (offset: number): string => `o/w 0xcf8 ${0x8000_0000 + slot * 2 ** 11 + offset}`
  // What its driver does to start it with its shortest time, and then no more.
  await monitor('watched', register(0x60), 'o/h 0xcfc 4', register(0x68), 'o/b 0xcfc 2')
  await eventually('another instance runs', async () => {
    const instance = await instances(server).find(key('watched'))
    return instance?.status?.phase === 'Running' && instance.metadata.uid !== first.metadata.uid
  })
  await virtualMachines(server).delete(key('watched'))
})
