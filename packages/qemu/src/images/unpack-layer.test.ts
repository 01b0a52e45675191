import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ArchivedFile, archiveOf } from '../testing/fake-registry.ts'
import { allowanceOfImage, unpackLayer } from './unpack-layer.ts'

let folder: string
let root: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-unpack-'))
  root = join(folder, 'root')
  mkdirSync(root)
})
afterEach(() => rmSync(folder, { recursive: true }))

async function unpackBytes(bytes: Buffer, more: Partial<Parameters<typeof unpackLayer>[1]> = {}): Promise<void> {
  const archive = join(folder, 'layer')
  writeFileSync(archive, bytes)
  const into = { root, allowance: allowanceOfImage(), wrote: async () => {}, signal: new AbortController().signal }
  await unpackLayer(archive, { ...into, ...more })
}
const unpack = (...files: ArchivedFile[]): Promise<void> => unpackBytes(archiveOf(files))
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')
const namesIn = (path = ''): string[] => readdirSync(join(root, path)).toSorted()

describe('layers', () => {
  it('lie over those below them', async () => {
    await unpack(
      { path: './disk/', type: 'Directory' },
      { path: './disk/a', content: 'old' },
      { path: '/boot/kernel', content: 'k' },
    )
    await unpack({ path: 'disk/a', content: 'new' }, { path: 'disk/b', content: 'b' })
    expect([textOf('disk/a'), textOf('disk/b'), textOf('boot/kernel')]).toEqual(['new', 'b', 'k'])
  })

  it('take away single files, and all of a folder, of those below, not of themselves', async () => {
    await unpack({ path: 'disk/a', content: 'a' }, { path: 'disk/b', content: 'b' }, { path: 'etc/deep/c', content: 'c' })
    await unpack({ path: 'disk/.wh.a' }, { path: 'etc/deep/own', content: 'own' }, { path: 'etc/.wh..wh..opq' })
    expect([namesIn('disk'), namesIn('etc'), namesIn('etc/deep')]).toEqual([['b'], ['deep'], ['own']])
    await unpack({ path: '.wh.disk' }, { path: 'elsewhere/.wh..wh..opq' }, { path: 'etc/.wh...' })
    expect(namesIn()).toEqual(['etc'])
  })

  it('may put a folder where a file was, and the other way round', async () => {
    await unpack({ path: 'a', content: 'file' }, { path: 'b/c', content: 'file' })
    await unpack({ path: 'a/d', content: 'file' }, { path: 'b', content: 'file' })
    expect([textOf('a/d'), textOf('b')]).toEqual(['file', 'file'])
  })

  it('may name one file twice', async () => {
    await unpack({ path: 'disk/a', content: 'a' }, { path: 'disk/b', type: 'Link', linkpath: 'disk/a' })
    expect(textOf('disk/b')).toBe('a')
  })

  it('have names as long as registries allow', async () => {
    const path = `disk/${'long/'.repeat(60)}name`
    const pax = (text: string): string => `${text.length + 4} ${text}`
    const body = Buffer.from(`${pax(`path=${path}\n`)}`)
    const extended = archiveOf([{ path: 'pax', type: 'ExtendedHeader' as 'File', content: body }]).subarray(0, 1024)
    await unpackBytes(Buffer.concat([extended, archiveOf([{ path: 'short', content: 'x' }])]))
    expect(textOf(path)).toBe('x')
  })

  it('leave holes in a disk where it is empty', async () => {
    const content = Buffer.alloc(16 * 1024 * 1024)
    content.write('begin', 0)
    content.write('middle', 5_000_000)
    await unpack({ path: 'disk/disk.img', content })
    expect(readFileSync(join(root, 'disk/disk.img')).equals(content)).toBe(true)
    expect(statSync(join(root, 'disk/disk.img')).blocks * 512).toBeLessThan(1024 * 1024)
  })
})

describe('a hostile layer', () => {
  it.each([
    [[{ path: '../outside', content: 'x' }], /"\.\.\/outside", which leads out of it/],
    [[{ path: 'disk/../../outside', content: 'x' }], /leads out of it/],
    [[{ path: 'disk/..', type: 'Directory' }], /leads out of it/],
    [[{ path: '../.wh.outside' }], /leads out of it/],
    [[{ path: 'a', type: 'Link', linkpath: '../outside' }], /leads out of it/],
  ] as [ArchivedFile[], RegExp][])('IM6 does not get out of its root: %j', async (files, message) => {
    writeFileSync(join(folder, 'outside'), 'mine')
    await expect(unpack(...files)).rejects.toThrow(message)
    expect(readFileSync(join(folder, 'outside'), 'utf8')).toBe('mine')
  })

  it('makes no links, so that none leads out', async () => {
    writeFileSync(join(folder, 'outside'), 'mine')
    await unpack(
      { path: 'link', type: 'SymbolicLink', linkpath: '..' },
      { path: 'link/outside', content: 'theirs' },
      { path: 'root', type: 'SymbolicLink', linkpath: '/' },
      { path: 'hard', type: 'Link', linkpath: '/etc/passwd' },
      { path: 'disk/passwd', type: 'SymbolicLink', linkpath: '/etc/passwd' },
    )
    expect(readFileSync(join(folder, 'outside'), 'utf8')).toBe('mine')
    expect(namesIn()).toEqual(['link'])
    expect(textOf('link/outside')).toBe('theirs')
  })

  it('makes no devices and no pipes', async () => {
    await unpack({ path: 'sda', type: 'CharacterDevice' }, { path: 'pipe', type: 'FIFO' }, { path: 'disk', content: 'd' })
    expect(namesIn()).toEqual(['disk'])
  })

  it('may not be too much, in files or in bytes', async () => {
    const files = archiveOf([{ path: 'a' }, { path: 'b' }, { path: 'c', content: 'c' }])
    await expect(unpackBytes(files, { allowance: { entries: 2, bytes: 100 } })).rejects.toThrow(/more than 200000 files/)
    await expect(unpackBytes(files, { allowance: { entries: 9, bytes: 0 } })).rejects.toThrow(/more than 4 TiB/)
    const wrote = (): Promise<void> => Promise.reject(new Error('no room'))
    await expect(unpackBytes(files, { wrote })).rejects.toThrow('no room')
  })

  it.each([
    ['cut off', archiveOf([{ path: 'a', content: Buffer.alloc(2000) }]).subarray(0, 1000), /ends in the middle/],
    ['no archive', Buffer.alloc(2000, 'x'), /no tar archive/],
    ['badly packed', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(1000, 'x')]), /damaged/],
    ['sparse', archiveOf([{ path: 'disk', type: 'SparseFile' as 'File' }]), /holes left out/],
    [
      'of one endless header',
      archiveOf([{ path: 'x', type: 'ExtendedHeader' as 'File', content: Buffer.alloc(2 ** 21) }]),
      /attack/,
    ],
  ])('that is %s is refused', async (_what, bytes, message) => {
    await expect(unpackBytes(bytes)).rejects.toThrow(message)
  })

  it('that is empty is nothing', async () => {
    await unpackBytes(Buffer.alloc(0))
    await unpackBytes(Buffer.alloc(1024))
    expect(existsSync(root) && namesIn()).toEqual([])
  })
})
