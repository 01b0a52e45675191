import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findFirmware } from './firmware.ts'
import { identifyProcess, isAlive } from './process-identity.ts'
import { boundLogs, readRecord } from './state-folder.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-state-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('a state folder', () => {
  it('without a plan is no machine', async () => {
    await writeFile(join(folder, 'plan.json.unfinished'), '{')
    expect(await readRecord(folder)).toBeUndefined()
    expect(await readRecord(join(folder, 'none'))).toBeUndefined()
  })

  it('that was damaged from outside is named, with what to do', async () => {
    await writeFile(join(folder, 'plan.json'), '{')
    await expect(readRecord(folder)).rejects.toThrow(`${folder}/plan.json is damaged. Restore it`)
  })

  it('has bounded logs, and keeps the latest of the serial console', async () => {
    const limitBytes = 16 * 1024 * 1024
    await writeFile(join(folder, 'serial.log'), `${'old'.padEnd(100)}${'x'.repeat(limitBytes - 6)}latest`)
    await writeFile(join(folder, 'events.log'), 'short')
    await boundLogs(folder)
    expect((await stat(join(folder, 'serial.log'))).size).toBe(0)
    const kept = await readFile(join(folder, 'serial.log.1'), 'utf8')
    expect(kept.length).toBe(limitBytes)
    expect(kept.endsWith('latest')).toBe(true)
    expect(await readFile(join(folder, 'events.log'), 'utf8')).toBe('short')
    expect((await readdir(folder)).toSorted()).toEqual(['events.log', 'serial.log', 'serial.log.1'])
  })
})

describe('a process', () => {
  it('is known by its pid and its start, so that another one with its pid is not taken for it', async () => {
    const identity = await identifyProcess(process.pid)
    if (identity === undefined) throw new Error('this very process was not found')
    expect(await isAlive(identity)).toBe(true)
    expect(await isAlive({ ...identity, startTicks: identity.startTicks - 1 })).toBe(false)
  })
})

describe('the firmware', () => {
  it.each([
    [false, ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'], '/usr/share/OVMF/OVMF_CODE.fd'],
    [
      true,
      ['/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd', '/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd'],
      '/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd',
    ],
    [false, ['/usr/share/OVMF/OVMF_CODE_4M.fd'], undefined],
    [true, ['/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'], undefined],
  ])('with secure boot %s is found only as a whole pair of %j', (secureBoot, files, code) => {
    expect(findFirmware(secureBoot, (path) => files.includes(path))?.codePath).toBe(code)
  })
})
