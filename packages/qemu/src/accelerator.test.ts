import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chooseAccelerator, judgeProbe } from './accelerator.ts'
import { findProgram } from './find-program.ts'

const isQemuThere = (await findProgram('qemu-system-x86_64')) !== undefined

describe('the choice of the accelerator', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-accelerator-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** A QEMU that acts as it is told under each accelerator and counts how often it is asked. */
  async function fakeQemu(underTcg: string, underKvm: string): Promise<{ qemu: string; runs: () => Promise<number> }> {
    const [qemu, count] = [join(folder, 'qemu'), join(folder, 'count')]
    await writeFile(count, '')
    const script = `#!/bin/sh
case "$*" in
  --version) echo 'QEMU emulator version 9.9.9';;
  *'-accel kvm'*) echo kvm >> '${count}'; ${underKvm};;
  *) echo tcg >> '${count}'; ${underTcg};;
esac
`
    await writeFile(qemu, script)
    await chmod(qemu, 0o755)
    return { qemu, runs: async () => (await readFile(count, 'utf8')).split('\n').length - 1 }
  }

  const finished = 'exit 85'
  const choose = (qemu: string, changes: object = {}) =>
    chooseAccelerator({ cacheFile: join(folder, 'accelerator.json'), qemu, kvmDevice: '/dev/null', ...changes })

  it('is KVM when the test guest comes to its end under it', async () => {
    const { qemu } = await fakeQemu(finished, finished)
    expect(await choose(qemu)).toEqual({ kind: 'kvm', reason: expect.stringMatching(/ran under KVM in \d+ ms/) })
  })

  it('is emulation when the guest does not come to its end under KVM, and the reason says so', async () => {
    const { qemu } = await fakeQemu(finished, 'exec sleep 20')
    expect(await choose(qemu)).toEqual({ kind: 'tcg', reason: expect.stringMatching(/did not finish under KVM within \d+ ms/) })
  })

  it('is emulation when QEMU cannot use KVM, in its own words', async () => {
    const { qemu } = await fakeQemu(finished, 'echo "failed to initialize kvm: Operation not permitted" >&2; exit 1')
    expect(await choose(qemu)).toEqual({ kind: 'tcg', reason: expect.stringContaining('Operation not permitted') })
  })

  it('is emulation without a probe when there is no device', async () => {
    const { qemu, runs } = await fakeQemu(finished, finished)
    expect(await choose(qemu, { kvmDevice: '/dev/none' })).toEqual({ kind: 'tcg', reason: 'there is no /dev/none' })
    expect(await runs()).toBe(0)
  })

  it('is made once for a boot of the host and a version of QEMU', async () => {
    const { qemu, runs } = await fakeQemu(finished, finished)
    const first = await choose(qemu)
    expect(await choose(qemu)).toEqual(first)
    expect(await runs()).toBe(2)
    await writeFile(
      join(folder, 'accelerator.json'),
      JSON.stringify({ key: 'another boot', choice: { kind: 'tcg', reason: '' } }),
    )
    expect(await choose(qemu)).toMatchObject({ kind: 'kvm' })
    await writeFile(join(folder, 'accelerator.json'), 'damaged')
    expect(await choose(qemu)).toMatchObject({ kind: 'kvm' })
  })

  it('can be forced, without asking QEMU', async () => {
    expect(await choose('/nowhere/qemu', { force: 'kvm' })).toEqual({ kind: 'kvm', reason: 'asked for' })
  })

  it('tells how long emulation took, so that the reader can compare', () => {
    expect(judgeProbe({ tookMs: 90 }, { outcome: 'too-slow', tookMs: 1500, words: '' }, 1500).reason).toBe(
      '/dev/kvm is there, yet a test guest that takes 90 ms under emulation did not finish under KVM within 1500 ms',
    )
  })

  it.skipIf(!isQemuThere)('is made by real QEMU too (skipped where it is missing)', async () => {
    const choice = await chooseAccelerator({ cacheFile: join(folder, 'accelerator.json') })
    expect(choice.reason).toMatch(choice.kind === 'kvm' ? /ran under KVM/ : /kvm/)
  })
})
