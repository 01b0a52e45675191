import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findProgram } from './find-program.ts'
import { findFirmware } from './firmware.ts'
import { listForwards } from './guest-ports.ts'
import { ConsoleBusy, type Hypervisor, type Machine } from './hypervisor.ts'
import type { Disk, LaunchPlan } from './launch-plan.ts'
import { scanByPidFile } from './process-identity.ts'
import { openQemuHypervisor } from './qemu-hypervisor.ts'
import { connectQmp } from './qmp/client.ts'
import { fileNames } from './state-files.ts'
import { openSocketPath } from './state-folder.ts'
import { hypervisorConformance } from './testing/hypervisor-conformance.ts'
import { openQemuRig, type QemuRig, serialText } from './testing/qemu-rig.ts'

const isQemuThere = (await findProgram('qemu-system-x86_64')) !== undefined && (await findProgram('qemu-img')) !== undefined
const hasFirmware = findFirmware(false) !== undefined

const title = 'the hypervisor over real QEMU (skipped where qemu-system-x86_64 or qemu-img is missing)'

describe.skipIf(!isQemuThere)(title, { timeout: 60_000 }, () => {
  hypervisorConformance(() => openQemuRig())
})

describe.skipIf(!isQemuThere)(`${title}, beyond the common promises`, { timeout: 120_000 }, () => {
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

  const processesOf = async (): Promise<number> => (await scanByPidFile(join(rig.root, 'machines'))).size

  it('starts one process when two control planes launch the same machine at once', async () => {
    const other = await rig.open()
    const launches = await Promise.allSettled([hypervisor.launch(rig.plan('one')), other.launch(rig.plan('one'))])
    expect(launches.map((launch) => launch.status)).toContain('fulfilled')
    expect(await processesOf()).toBe(1)
    await other.release()
  })

  it('leaves nothing after remove: no folder, no process', async () => {
    await hypervisor.launch(rig.plan('one'))
    await hypervisor.remove('one')
    expect(await readdir(join(rig.root, 'machines'))).toEqual([])
    expect(await readdir(join(rig.root, 'removed'))).toEqual([])
    expect(await processesOf()).toBe(0)
  })

  it('goes on with a removal and a kill that a dead control plane had only announced', async () => {
    await hypervisor.launch(rig.plan('to-remove'))
    await hypervisor.launch(rig.plan('to-kill'))
    await hypervisor.release()
    for (const kind of ['remove', 'kill']) {
      const path = join(rig.root, 'machines', `to-${kind}`, 'ending.json')
      await writeFile(path, JSON.stringify({ kind, at: '2030-01-01T00:00:00Z' }))
    }
    hypervisor = await rig.open()
    expect(await hypervisor.find('to-remove')).toBeUndefined()
    expect((await hypervisor.find('to-kill'))?.state).toMatchObject({ kind: 'exited', exit: { cause: 'killed' } })
    expect(await processesOf()).toBe(0)
  })

  it.each([
    ['is about to be', 60_000, 'host-shutdown'],
    ['was cut short long ago', -60_000, 'guest-shutdown'],
  ] as const)("tells a guest's own shutdown from one with its host that %s", async (_, leftMs, cause) => {
    const machine = await hypervisor.launch(rig.plan('one'))
    await untilPrinted(machine, '>')
    const until = new Date(Date.now() + leftMs).toISOString()
    const ending = { kind: 'host-shutdown', at: '2026-01-01T00:00:00Z', until }
    await writeFile(join(rig.root, 'machines', 'one', 'ending.json'), JSON.stringify(ending))
    await rig.guest.shutdown(machine)
    await untilExited(hypervisor, 'one')
    expect((await hypervisor.find('one'))?.state).toMatchObject({ kind: 'exited', exit: { cause } })
  })

  it('takes a shutdown for what it was even when the paused process was killed before anybody asked', async () => {
    const machine = await hypervisor.launch(rig.plan('one'))
    await untilPrinted(machine, '>')
    await hypervisor.release()
    await rig.guest.shutdown(machine)
    await untilSaid(rig, 'one', 'guest-shutdown')
    await rig.crash(machine)
    hypervisor = await rig.open()
    expect((await hypervisor.find('one'))?.state).toMatchObject({ kind: 'exited', exit: { cause: 'guest-shutdown' } })
  })

  it('takes a signal from outside for a crash', async () => {
    const { state } = await hypervisor.launch(rig.plan('one'))
    if (state.kind === 'running') process.kill(state.pid, 'SIGTERM')
    await untilExited(hypervisor, 'one')
    const machine = await hypervisor.find('one')
    expect(machine?.state).toMatchObject({ kind: 'exited', exit: { cause: 'crashed' } })
    expect(machine?.state.kind === 'exited' && machine.state.exit.lastWords).toContain('terminating on signal 15')
  })

  it('does not take a process for its own because it has the pid that is on record', async () => {
    await hypervisor.launch(rig.plan('one'))
    await hypervisor.release()
    const path = join(rig.root, 'machines', 'one', 'started.json')
    const started = JSON.parse(await readFile(path, 'utf8')) as { pid: number }
    process.kill(started.pid, 'SIGKILL')
    await writeFile(path, JSON.stringify({ ...started, pid: process.pid }))
    hypervisor = await rig.open()
    expect((await hypervisor.find('one'))?.state).toMatchObject({ kind: 'exited', exit: { cause: 'crashed' } })
  })

  it('chooses another port when the chosen one was taken before QEMU came to it', async () => {
    const marker = join(rig.root, 'was-refused')
    const qemu = await script(
      rig,
      `if [ ! -e '${marker}' ]; then
         touch '${marker}'
         for word in "$@"; do case "$word" in *hostfwd=*) rule=\${word##*hostfwd=};; esac; done
         echo "qemu: -netdev user: Could not set up host forwarding rule '$rule'" >&2
         exit 1
       fi
       exec qemu-system-x86_64 "$@"`,
    )
    await hypervisor.release()
    hypervisor = await openQemuHypervisor({ root: rig.root, accelerator: 'tcg', programs: { qemu } })
    const machine = await hypervisor.launch(rig.plan('one', { interfaces: [forwardedInterface] }))
    expect(machine.state.kind).toBe('running')
  })

  it('forwards a port that the plan does not, for as long as somebody is connected', async () => {
    const network = { ...forwardedInterface, forwards: [] }
    await hypervisor.launch(rig.plan('one', { interfaces: [network] }))
    const [first, second] = [await hypervisor.openPort('one', 80), await hypervisor.openPort('one', 80)]
    const added = await forwardsOf(rig, 'one')
    expect(added).toEqual([{ hostAddress: '127.0.0.1', hostPort: expect.any(Number) }])
    first.destroy()
    await hypervisor.openPort('one', 81).then((other) => other.destroy())
    await expect.poll(() => forwardsOf(rig, 'one')).toEqual(added)
    second.destroy()
    await expect.poll(() => forwardsOf(rig, 'one')).toEqual([])
  })

  it('takes away the forwards that its predecessor had added, and no others', async () => {
    await hypervisor.launch(rig.plan('one', { interfaces: [forwardedInterface] }))
    const planned = await forwardsOf(rig, 'one')
    await hypervisor.openPort('one', 80)
    expect(await forwardsOf(rig, 'one')).toHaveLength(planned.length + 1)
    await hypervisor.release()
    hypervisor = await rig.open()
    expect(await forwardsOf(rig, 'one')).toEqual(planned)
  })

  it('asks for the accelerator again when it could not be told before', async () => {
    let asked = 0
    const accelerator = async (): Promise<'tcg'> => {
      if (++asked === 1) throw new Error('no room for the outcome')
      return 'tcg'
    }
    await hypervisor.release()
    hypervisor = await openQemuHypervisor({ root: rig.root, accelerator })
    await expect(hypervisor.launch(rig.plan('one'))).rejects.toThrow('no room for the outcome')
    expect((await hypervisor.launch(rig.plan('one'))).state.kind).toBe('running')
  })

  it('lists every machine but the one whose record is damaged', async () => {
    await hypervisor.launch(rig.plan('one'))
    const folder = join(rig.root, 'machines', 'two')
    await mkdir(folder)
    await writeFile(join(folder, 'plan.json'), '{')
    expect((await hypervisor.list()).map(({ id }) => id)).toEqual(['one'])
    await expect(hypervisor.find('two')).rejects.toThrow('damaged')
    await rm(folder, { recursive: true })
  })

  it('does not take the console from another program', async () => {
    const machine = await hypervisor.launch(rig.plan('one'))
    await untilPrinted(machine, '>')
    await using named = await openSocketPath(dirname(machine.serialLogPath), fileNames.serialSocket)
    const other = connect({ path: named.path })
    await once(other, 'connect')
    await expect(hypervisor.openSerial('one')).rejects.toBeInstanceOf(ConsoleBusy)
    other.destroy()
    await hypervisor.openSerial('one').then((console) => console.destroy())
  })

  it('refuses with NoSpace when qemu-img finds the disk full, and leaves no trace', async () => {
    const qemuImg = await script(rig, 'echo "qemu-img: x.qcow2: Could not resize image: No space left on device" >&2; exit 1')
    await hypervisor.release()
    hypervisor = await openQemuHypervisor({ root: rig.root, accelerator: 'tcg', programs: { qemuImg } })
    await expect(hypervisor.launch(rig.plan('one'))).rejects.toMatchObject({ name: 'LaunchRefused', reason: 'NoSpace' })
    expect(await readdir(join(rig.root, 'machines'))).toEqual([])
  })

  it('refuses with QemuMissing when QEMU is not installed, and says what to install', async () => {
    await hypervisor.release()
    hypervisor = await openQemuHypervisor({ root: rig.root, accelerator: 'tcg', programs: { qemu: 'qemu-of-nobody' } })
    const refusal = hypervisor.launch(rig.plan('one'))
    await expect(refusal).rejects.toMatchObject({ name: 'LaunchRefused', reason: 'QemuMissing' })
    await expect(refusal).rejects.toThrow(/apt-get install/)
  })

  it('keeps what the guest printed, and a transcript of what was asked and answered', async () => {
    const machine = await hypervisor.launch(rig.plan('one'))
    await untilPrinted(machine, '>')
    await hypervisor.kill('one')
    expect(await serialText(machine)).toContain('>')
    const transcript = await readFile(join(rig.root, 'machines', 'one', 'transcript.log'), 'utf8')
    expect(transcript).toMatch(/← \{"QMP"/)
    expect(transcript).toMatch(/→ \{"execute":"cont"/)
    expect(transcript).toMatch(/← .*"RESUME"/)
  })

  it.each(['virtio', 'scsi', 'sata', 'usb'] as const)('boots from a disk on %s', async (bus) => {
    const disks = rig.plan('one').disks.map((disk): Disk => ({ ...disk, bus, serial: 'SN1' }))
    await untilPrinted(await hypervisor.launch(rig.plan('one', { disks })), '>')
  })

  const disk = (name: string, changes: Partial<Disk>): Disk => ({
    name,
    device: 'disk',
    bus: 'virtio',
    readOnly: false,
    source: { kind: 'empty', sizeBytes: 1024 * 1024 },
    ...changes,
  })
  const seed = { kind: 'seed', label: 'cidata', files: { 'meta-data': 'instance-id: one\n' } } as const
  const everything: Partial<LaunchPlan> = {
    name: 'Ann, Bob',
    serialNumber: 'a,b',
    cpu: { model: 'max', sockets: 1, cores: 2, threads: 1 },
    memoryBytes: 64 * 1024 * 1024,
    rng: true,
    graphics: true,
    interfaces: [
      { name: 'a', macAddress: '02:00:00:00:00:01', model: 'virtio-net', forwards: [] },
      { name: 'b', macAddress: '02:00:00:00:00:02', model: 'e1000e', forwards: [] },
      { name: 'c', macAddress: '02:00:00:00:00:03', model: 'e1000', forwards: [] },
      { name: 'd', macAddress: '02:00:00:00:00:04', model: 'rtl8139', forwards: [] },
    ],
    disks: [
      disk('a', { cache: 'writethrough' }),
      disk('b', { bus: 'scsi', cache: 'writeback' }),
      disk('c', { bus: 'sata', readOnly: false }),
      disk('d', { bus: 'usb', readOnly: true }),
      disk('e', { source: seed }),
      disk('f', { device: 'cdrom', bus: 'scsi', bootOrder: 1, source: seed }),
      disk('g', { device: 'cdrom', bus: 'sata', source: seed }),
      disk('h', { device: 'cdrom', bus: 'usb', source: seed }),
    ],
  }

  it('has QEMU accept every device of q35 at once', async () => {
    expect((await hypervisor.launch(rig.plan('one', everything))).state).toMatchObject({ kind: 'running' })
    expect(await readdir(join(rig.root, 'machines', 'one'))).toContain('vnc.sock')
  })

  it.skipIf(!hasFirmware).each([true, false])('has QEMU accept UEFI, with secure boot: %s', async (secureBoot) => {
    const machine = await hypervisor.launch(
      rig.plan('one', { firmware: { kind: 'uefi', secureBoot }, memoryBytes: 128 * 1024 * 1024 }),
    )
    expect(machine.state).toMatchObject({ kind: 'running' })
  })

  it('has QEMU accept every device of microvm at once', async () => {
    const machine = await hypervisor.launch(
      rig.plan('one', {
        machine: 'microvm',
        rng: true,
        interfaces: [forwardedInterface],
        disks: [disk('a', {}), disk('b', { bus: 'scsi' }), disk('c', { bus: 'scsi', device: 'cdrom', source: seed })],
      }),
    )
    expect(machine.state).toMatchObject({ kind: 'running' })
  })
})

describe.skipIf(!isQemuThere)(`${title}, whose control plane dies`, { timeout: 120_000 }, () => {
  // From before the plan is written until after the guest runs; a launch takes 100 to 200 ms.
  it.each([0, 5, 15, 30, 45, 60, 75, 90, 105, 120, 150, 200])(
    '%i ms into a launch: the next one goes on, and one process runs',
    async (delayMs) => {
      await using rig = await openQemuRig()
      await launchAndDie(rig, delayMs)
      const hypervisor = await rig.open()
      const machine = await hypervisor.launch(rig.plan('one'))
      await untilPrinted(machine, '>')
      expect(machine.state).toMatchObject({ kind: 'running', paused: false })
      expect((await scanByPidFile(join(rig.root, 'machines'))).size).toBe(1)
      await hypervisor.remove('one')
      expect(await readdir(join(rig.root, 'machines'))).toEqual([])
      expect((await scanByPidFile(join(rig.root, 'machines'))).size).toBe(0)
      await hypervisor.release()
    },
  )

  it('runs in a data folder whose path is longer than the name of a socket may be', async () => {
    await using rig = await openQemuRig('deep/'.repeat(40))
    expect(rig.root.length).toBeGreaterThan(200)
    const hypervisor = await rig.open()
    const machine = await hypervisor.launch(rig.plan('one'))
    await untilPrinted(machine, '>')
    const console = await hypervisor.openSerial('one')
    console.destroy()
    await hypervisor.release()
    const next = await rig.open()
    expect((await next.find('one'))?.state).toEqual(machine.state)
    await next.release()
  })
})

const forwardedInterface = {
  name: 'default',
  macAddress: '02:00:00:00:00:01',
  model: 'virtio-net',
  forwards: [{ name: 'ssh', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 'any', guestPort: 22 }],
} as const

async function launchAndDie(rig: QemuRig, delayMs: number): Promise<void> {
  const program = new URL('./testing/launch-and-linger.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [program, rig.root, JSON.stringify(rig.plan('one'))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  await new Promise((resolve) => setTimeout(resolve, delayMs))
  await killed(child)
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

async function script(rig: QemuRig, body: string): Promise<string> {
  const path = join(rig.root, `script-${Math.random().toString(36).slice(2)}`)
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, 0o755)
  // A file that was just written may still be open in a process that is being forked, and is then "busy".
  execFileSync('/bin/sync')
  return path
}

const patienceMs = 30_000

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`this did not come about within ${patienceMs} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const untilPrinted = (machine: Machine, text: string): Promise<void> =>
  until(async () => (await serialText(machine)).includes(text))

const untilSaid = (rig: QemuRig, id: string, word: string): Promise<void> =>
  until(async () => (await readFile(join(rig.root, 'machines', id, 'events.log'), 'utf8')).includes(word))

const untilExited = (hypervisor: Hypervisor, id: string): Promise<void> =>
  until(async () => (await hypervisor.find(id))?.state.kind === 'exited')

/** As QEMU tells them on the monitor for tools. */
async function forwardsOf(rig: QemuRig, id: string): ReturnType<typeof askForForwards> {
  await using named = await openSocketPath(join(rig.root, 'machines', id), fileNames.toolsSocket)
  return askForForwards(named.path)
}

async function askForForwards(path: string): Promise<ReturnType<typeof listForwards>> {
  const tools = await connectQmp(path)
  const table = await tools.execute('human-monitor-command', { 'command-line': 'info usernet' })
  tools.close()
  return listForwards(table)
}
