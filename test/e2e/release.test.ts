// A release of this tree: built twice, checked, booted in a plain QEMU from BIOS and from UEFI, and read over HTTP.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseManifest } from '../../packages/server/src/release/manifest.ts'
import { eventually } from '../kit/eventually.ts'
import { freePort } from '../kit/free-port.ts'
import { root } from '../kit/repository-root.ts'

const run = promisify(execFile)
const sheaf = (...words: string[]): Promise<{ stdout: string }> => run(join(root, 'bin', 'sheaf'), words, { maxBuffer: 1e7 })

let folder: string
const at = (name: string): string => join(folder, name)

/** The boot loader, the kernel and the small system under emulation. */
const bootMs = 90_000

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-e2e-release-'))
  await sheaf('release', 'keygen', '--out', at('keys'))
  const build = (iso: string): Promise<unknown> =>
    sheaf(
      'release',
      'build',
      '--version',
      '9.1.0',
      '--min-upgradable',
      '9.0.0',
      '--key',
      at('keys/release.key'),
      '--out',
      at(iso),
    )
  await build('one.iso')
  await build('two.iso')
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true }))

const digestOf = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex')

it('RE1 built twice, it is the same to the byte', () => {
  expect(digestOf(readFileSync(at('one.iso')))).toBe(digestOf(readFileSync(at('two.iso'))))
})

it('RE3 RE4 is taken from whoever is trusted, and from nobody else', async () => {
  const { stdout } = await sheaf('release', 'verify', at('one.iso'), '--pub', at('keys/release.pub'), '-o', 'json')
  expect(JSON.parse(stdout)).toMatchObject({ version: '9.1.0', minUpgradableVersion: '9.0.0', filesVerified: true })
  await sheaf('release', 'keygen', '--out', at('others'))
  const refusal: unknown = await sheaf('release', 'verify', at('one.iso'), '--pub', at('others/release.pub')).catch(
    (error) => error,
  )
  expect(refusal).toMatchObject({ code: 1, stdout: expect.stringContaining('REFUSED (untrusted)') as string })
})

it('RE6 keys are never overwritten', async () => {
  const before = readFileSync(at('keys/release.key'), 'utf8')
  await expect(sheaf('release', 'keygen', '--out', at('keys'))).rejects.toMatchObject({ code: 1 })
  expect(readFileSync(at('keys/release.key'), 'utf8')).toBe(before)
})

interface Booted extends AsyncDisposable {
  get(path: string, range?: string): Promise<Response>
  console(): string
  exited: Promise<unknown>
}

const uefiFirmware = ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_CODE.fd'].find((path) => existsSync(path))

async function boot(firmware: 'bios' | 'uefi', seed?: string): Promise<Booted> {
  const port = await freePort()
  const log = join(folder, `${firmware}-${port}.log`)
  const cdrom = (id: string, file: string): string[] => [
    '-blockdev',
    `driver=file,node-name=${id},filename=${file},read-only=on`,
    '-device',
    `scsi-cd,bus=scsi.0,drive=${id}${id === 'medium' ? ',bootindex=1' : ''}`,
  ]
  const uefi = firmware === 'uefi' ? ['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${uefiFirmware}`] : []
  const machine = ['-nodefaults', '-display', 'none', '-machine', 'q35', '-m', '256', '-accel', 'tcg,tb-size=64']
  const disks = ['-device', 'virtio-scsi-pci,id=scsi', ...cdrom('medium', at('one.iso')), ...(seed ? cdrom('seed', seed) : [])]
  const network = ['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:80`, '-device', 'virtio-net-pci,netdev=net']
  const qemu: ChildProcess = spawn('qemu-system-x86_64', [...machine, ...uefi, ...disks, ...network, '-serial', `file:${log}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exited = new Promise((resolve) => qemu.on('exit', resolve))
  return {
    get: (path, range) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        signal: AbortSignal.timeout(20_000),
        ...(range === undefined ? {} : { headers: { range } }),
      }),
    console: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    exited,
    async [Symbol.asyncDispose]() {
      qemu.kill('SIGKILL')
      await exited
    },
  }
}

/** As Harvester's repo VM is told. */
async function servingSeed(): Promise<string> {
  mkdirSync(at('seed'), { recursive: true })
  writeFileSync(
    at('seed/user-data'),
    'name: enable repo mode\nstages:\n  rootfs:\n  - commands:\n    - touch /sysroot/harvester-serve-iso\n',
  )
  writeFileSync(at('seed/meta-data'), '{}\n')
  await run('xorriso', ['-as', 'mkisofs', '-quiet', '-V', 'cidata', '-J', '-r', '-o', at('seed.iso'), at('seed')])
  return at('seed.iso')
}

describe('RE2 booted', () => {
  it.each(['bios', 'uefi'] as const)('from %s, and told to, it serves itself', { timeout: 2 * bootMs }, async (firmware) => {
    await using booted = await boot(firmware, await servingSeed())
    const answers = async (): Promise<boolean> =>
      booted.get('/harvester-iso/harvester-release.yaml').then(
        ({ ok }) => ok,
        () => false,
      )
    await eventually('the release serves itself', answers, bootMs)
    const files = parseManifest(await (await booted.get('/harvester-iso/manifest')).text())
    const payload = files.find(({ path }) => path === 'payload.tar.zst')
    const served = Buffer.from(await (await booted.get('/harvester-iso/payload.tar.zst')).arrayBuffer())
    expect(digestOf(served)).toBe(payload?.sha512)
    const part = await booted.get('/harvester-iso/payload.tar.zst', 'bytes=1000-1999')
    expect(part.status).toBe(206)
    expect(Buffer.from(await part.arrayBuffer())).toEqual(served.subarray(1000, 2000))
    expect((await booted.get('/etc/inittab')).status).toBe(404)
  })

  it('without being told, it says what it is, and serves nothing', { timeout: 2 * bootMs }, async () => {
    await using booted = await boot('bios')
    await eventually('it says what it is', () => booted.console().includes('this is a release of Sheaf'), bootMs)
    await expect(booted.get('/harvester-iso/manifest')).rejects.toThrow()
  })
})
