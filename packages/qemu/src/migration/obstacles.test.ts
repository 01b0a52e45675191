import { describe, expect, it } from 'vitest'
import { lifelikeCapabilities } from '../simulated/lifelike-capabilities.ts'
import { samplePlan } from '../testing/sample-plan.ts'
import type { MigrationObstacle } from './migration.ts'
import { type MoveFacts, obstacleTo } from './obstacles.ts'
import { lostFeatures, withheldFeatures } from './pinned-processor.ts'

const { emulator, hugepages } = lifelikeCapabilities
if (emulator === undefined) throw new Error('the lifelike host has no QEMU')

const facts: MoveFacts = {
  plan: samplePlan('one'),
  fromVersion: '7.2.0',
  machineType: 'pc-q35-7.2',
  emulator: { ...emulator, version: '10.0.2' },
  hugepages,
  failedDisks: [],
  blockers: [],
}
const hugepageBytes = 2 * 1024 * 1024

describe('what keeps a machine from being moved', () => {
  it('MG8 is nothing for an ordinary one, to a newer QEMU or to the same', () => {
    expect(obstacleTo(facts)).toBeUndefined()
    expect(obstacleTo({ ...facts, fromVersion: '10.0.2' })).toBeUndefined()
  })

  it.each<[string, Partial<MoveFacts>, MigrationObstacle, RegExp]>([
    ['a TPM', { plan: samplePlan('one', { tpm: { interface: 'crb', isKept: true } }) }, 'Tpm', /TPM.*start it anew/],
    ['an older QEMU', { fromVersion: '10.1.0' }, 'OlderQemu', /10\.1\.0.*10\.0\.2/],
    ['a microvm', { plan: samplePlan('one', { machine: 'microvm' }), machineType: 'microvm' }, 'Unversioned', /microvm.*7\.2\.0/],
    ['a machine type that is gone', { machineType: 'pc-q35-2.4' }, 'MachineType', /pc-q35-2\.4/],
    ['a disk that has failed', { failedDisks: [{ name: 'root' }] }, 'DiskFailed', /root.*resume/],
    ['no huge pages', { plan: samplePlan('one', { hugepageBytes }) }, 'Hugepages', /32 huge pages.*0 are free/],
    ['a word of QEMU', { blockers: ['device x does not support migration'] }, 'QemuRefuses', /device x/],
  ])('MG8 is %s, and is said', (_, changes, obstacle, words) => {
    const found = obstacleTo({ ...facts, ...changes })
    expect(found?.obstacle).toBe(obstacle)
    expect(found?.message).toMatch(words)
  })

  it('MG8 is no microvm while it stays with its version, and no huge pages that there are', () => {
    const microvm = { plan: samplePlan('one', { machine: 'microvm' }), machineType: 'microvm', fromVersion: '10.0.2' } as const
    expect(obstacleTo({ ...facts, ...microvm })).toBeUndefined()
    const pages = new Map([[hugepageBytes, { total: 64, free: 32 }]])
    expect(obstacleTo({ ...facts, plan: samplePlan('one', { hugepageBytes }), hugepages: pages })).toBeUndefined()
  })
})

describe('the processor of a machine that is moved', () => {
  const cpu = { model: 'max', sockets: 1, cores: 1, threads: 1, settings: { vmx: false } }
  const features = (...names: string[]): Map<string, boolean> =>
    new Map(['avx', 'avx2', 'sse2', 'vmx', 'x-l1-cache-per-thread', 'pcommit'].map((name) => [name, names.includes(name)]))

  it('MG11 does not get what a newer QEMU can do', () => {
    const source = features('sse2')
    source.delete('avx2')
    const installed = features('sse2', 'avx', 'avx2', 'vmx', 'x-l1-cache-per-thread')
    expect(withheldFeatures(cpu, source, installed)).toEqual(['avx', 'avx2'])
  })

  it('MG11 loses nothing that a program may use', () => {
    const source = features('sse2', 'avx', 'pcommit', 'vmx', 'x-l1-cache-per-thread')
    expect(lostFeatures(cpu, source, features('sse2'))).toEqual(['avx'])
  })

  it('MG11 is the same everywhere when its model has a name', () => {
    const haswell = { ...cpu, model: 'Haswell' }
    expect([withheldFeatures(haswell, features(), features('avx')), lostFeatures(haswell, features('avx'), features())]).toEqual([
      [],
      [],
    ])
  })
})
