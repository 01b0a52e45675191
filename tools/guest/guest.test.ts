// Builds the guest and boots it in a plain QEMU: what the rest of the house expects of it.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildGuest } from './build-guest.ts'
import { resolveKernelPackages } from './distribution.ts'
import { type BootedGuest, bootGuest } from './boot-guest.ts'
import { writeCpio } from './cpio-archive.ts'
import type { GuestImage } from './guest-image.ts'
import { guestKernelArguments } from './kernel-arguments.ts'

// Kept between runs: the packages are 28 MB and never change by themselves.
const generated = join(import.meta.dirname, '../../.generated/guest')
const imageFolder = join(generated, 'image')

// A build with a download on a slow line; an intact image takes a tenth of a second.
const buildTimeoutMs = 120_000
// Five times what an emulated start takes on two busy cores.
const bootTimeoutMs = 15_000

let image: GuestImage
let socketFolder: string

beforeAll(async () => {
  image = await build()
  socketFolder = await mkdtemp(join(tmpdir(), 'sheaf-guest-'))
}, buildTimeoutMs)

afterAll(async () => rm(socketFolder, { recursive: true, force: true }))

async function build(log: (line: string) => void = () => {}): Promise<GuestImage> {
  return await buildGuest({ outputFolder: imageFolder, cacheFolder: join(generated, 'cache'), log })
}

async function withGuest(use: (guest: BootedGuest) => Promise<void>): Promise<void> {
  const guest = await bootGuest({ imageFolder, socketFolder })
  try {
    await use(guest)
  } finally {
    await guest.kill()
  }
}

describe('the image', () => {
  test('an intact image is left as it is, without a word', async () => {
    const said: string[] = []
    expect(await build((line) => said.push(line))).toEqual(image)
    expect(said).toEqual([])
  })

  test('a machine without apt is told what would work', async () => {
    const noApt = async () => Promise.reject(new Error('apt-cache is not installed'))
    await expect(resolveKernelPackages(noApt)).rejects.toThrow(/packages of Debian or Ubuntu.*copy the image folder/)
  })

  test('where a kernel keeps its modules in a package of their own, both are fetched', async () => {
    const answers: Record<string, string> = {
      'linux-image-virtual': 'linux-image-virtual\n  Depends: linux-image-6.8.0-9-generic\n  Depends: linux-firmware\n',
      'linux-image-6.8.0-9-generic': 'linux-image-6.8.0-9-generic\n  Depends: kmod\n  Depends: linux-modules-6.8.0-9-generic\n',
    }
    const ubuntu = async (_command: string, args: readonly string[]) =>
      answers[args[1] ?? ''] ?? Promise.reject(new Error('no such package'))
    expect(await resolveKernelPackages(ubuntu)).toEqual(['linux-image-6.8.0-9-generic', 'linux-modules-6.8.0-9-generic'])
  })

  test('a cpio record is its header, its name and its content, each padded to four bytes', () => {
    const archive = writeCpio([{ kind: 'file', path: 'init', mode: 0o755, content: Buffer.from('hello') }]).toString('latin1')
    expect(archive.slice(0, 22)).toBe('07070100000001000081ed')
    expect(archive.slice(110, 124)).toBe('init\0\0hello\0\0\0')
    expect(archive.slice(124, 130)).toBe('070701')
  })
})

test('every example that boots a kernel directly uses the command line that was found to be the fastest', async () => {
  const folder = join(import.meta.dirname, '../../examples')
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  const directBoots = texts.filter((text) => text.includes('kernelBoot:'))
  expect(directBoots).not.toEqual([])
  for (const text of directBoots) expect(text).toContain(guestKernelArguments)
})

describe('the guest', () => {
  test(
    'says on its console that it is ready, answers HTTP, and powers off when the button is pressed',
    async () => {
      await withGuest(async (guest) => {
        expect(guest.bootId).toMatch(/^[0-9a-f-]{36}$/)
        expect(await guest.get('/boot-id')).toBe(guest.bootId)
        expect(await guest.get('/')).toContain('This is guest')
        const first = Number(await guest.get('/heartbeat'))
        await expect.poll(async () => Number(await guest.get('/heartbeat')), { timeout: 5_000 }).toBeGreaterThan(first)
        guest.execute('system_powerdown')
        expect(await guest.exited).toBe(0)
        expect(guest.events.at(-1)).toEqual({ event: 'SHUTDOWN', data: { guest: true, reason: 'guest-shutdown' } })
      })
    },
    bootTimeoutMs,
  )

  test(
    'has a shell on its serial console',
    async () => {
      await withGuest(async (guest) => {
        guest.type('echo "name=$(hostname)"\n')
        await expect.poll(() => guest.consoleText(), { timeout: 5_000 }).toContain('name=guest')
      })
    },
    bootTimeoutMs,
  )

  test(
    'tells its panic to the panic device, though its kernel would reboot at once',
    async () => {
      await withGuest(async (guest) => {
        expect(await guest.get('/crash')).toBe('crashing')
        expect(await guest.exited).toBe(0)
        expect(guest.events.map(({ event }) => event)).toContain('GUEST_PANICKED')
        expect(guest.events.at(-1)).toEqual({ event: 'SHUTDOWN', data: { guest: true, reason: 'guest-panic' } })
      })
    },
    bootTimeoutMs,
  )
})
