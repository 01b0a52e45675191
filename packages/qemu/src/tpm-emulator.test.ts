import { access, readdir, readFile, readlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findProgram } from './find-program.ts'
import type { Hypervisor, Machine } from './hypervisor.ts'
import type { LaunchPlan } from './launch-plan.ts'
import { openQemuHypervisor } from './qemu-hypervisor.ts'
import { connectQmp } from './qmp/client.ts'
import { fileNames } from './state-files.ts'
import { openSocketPath } from './state-folder.ts'
import { openQemuRig, type QemuRig } from './testing/qemu-rig.ts'

const areThere = (await findProgram('qemu-system-x86_64')) !== undefined && (await findProgram('swtpm')) !== undefined

/** The folders of the machines under `root` beside which a TPM runs. */
async function tpmsUnder(root: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const folders = await Promise.all(
    pids.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return command.startsWith('swtpm\0') ? await readlink(`/proc/${pid}/cwd`).catch(() => '') : ''
    }),
  )
  return folders.filter((folder) => folder.startsWith(root))
}

async function monitorOf({ serialLogPath }: Machine, line: string): Promise<string> {
  await using socket = await openSocketPath(dirname(serialLogPath), fileNames.toolsSocket)
  const client = await connectQmp(socket.path)
  const answer = await client.execute('human-monitor-command', { 'command-line': line })
  client.close()
  return answer
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

describe.skipIf(!areThere)('a TPM (skipped where qemu-system-x86_64 or swtpm is missing)', { timeout: 60_000 }, () => {
  let rig: QemuRig
  let hypervisor: Hypervisor

  beforeEach(async () => {
    rig = await openQemuRig()
    hypervisor = await rig.open()
  })
  afterEach(async () => {
    await hypervisor.release()
    await rig[Symbol.asyncDispose]()
    expect(await tpmsUnder(rig.root)).toEqual([])
  })

  const withTpm = (id: string, changes: Partial<LaunchPlan> = {}): LaunchPlan =>
    rig.plan(id, { tpm: { interface: 'tis', isKept: false }, ...changes })
  const keeping = (id: string): LaunchPlan => withTpm(id, { tpm: { interface: 'crb', isKept: true }, keepsUnder: 'vm' })
  const keptMemory = (): string => join(rig.root, 'kept', 'vm', 'tpm', 'tpm2-00.permall')

  it.each(['tis', 'crb'] as const)('with the interface %s is seen by the guest and goes with its machine', async (kind) => {
    const machine = await hypervisor.launch(withTpm('one', { tpm: { interface: kind, isKept: false } }))
    expect(machine.state.kind).toBe('running')
    expect(await monitorOf(machine, 'info tpm')).toContain(`model=tpm-${kind}`)
    expect(await tpmsUnder(rig.root)).toEqual([join(rig.root, 'machines', 'one')])
    await hypervisor.kill('one')
    expect(await tpmsUnder(rig.root)).toEqual([])
  })

  it('lives on with its machine when whoever launched it goes, and ends when QEMU is lost', async () => {
    const machine = await hypervisor.launch(withTpm('one'))
    await hypervisor.release()
    expect(await tpmsUnder(rig.root)).toHaveLength(1)
    hypervisor = await rig.open()
    expect((await hypervisor.find('one'))?.state).toEqual(machine.state)
    await rig.crash(machine)
    await expect.poll(() => tpmsUnder(rig.root)).toEqual([])
  })

  it('is not left behind by a machine that QEMU refused', async () => {
    const { plan } = rig.refusedPlan('one')
    expect((await hypervisor.launch({ ...plan, tpm: { interface: 'tis', isKept: false } })).state.kind).toBe('exited')
    expect(await tpmsUnder(rig.root)).toEqual([])
  })

  it('that is kept remembers, for the next machine of the same name, until that is discarded', async () => {
    await hypervisor.launch(keeping('one'))
    await hypervisor.remove('one')
    const memory = await readFile(keptMemory())
    await hypervisor.launch(keeping('two'))
    await hypervisor.remove('two')
    // The same seeds: a TPM that was made anew would have others.
    expect((await readFile(keptMemory())).length).toBe(memory.length)
    await hypervisor.discardKept('vm')
    expect(await readdir(join(rig.root, 'kept'))).toEqual([])
  })

  it('that is kept stays while a machine uses it, although it is to be discarded', async () => {
    await hypervisor.launch(keeping('one'))
    await hypervisor.discardKept('vm')
    expect(await isThere(keptMemory())).toBe(true)
    await hypervisor.remove('one')
    expect(await readdir(join(rig.root, 'kept'))).toEqual([])
  })

  it('is refused where the program that emulates it is missing, with the line that mends it', async () => {
    await hypervisor.release()
    hypervisor = await openQemuHypervisor({ root: rig.root, accelerator: 'tcg', programs: { swtpm: 'no-such-program' } })
    expect((await hypervisor.capabilities()).hasTpmEmulator).toBe(false)
    await expect(hypervisor.launch(withTpm('one'))).rejects.toThrow(/apt-get install swtpm/)
    expect(await hypervisor.list()).toEqual([])
  })
})
