import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManifestInvalid, manifestText, parseManifest } from './manifest.ts'

const sha512 = 'a'.repeat(128)
const file = (path: string): { path: string; sizeBytes: number; sha512: string } => ({ path, sizeBytes: 3, sha512 })

const name = fc.stringMatching(/^[A-Za-z0-9 ._+=-]{1,12}$/).filter((part) => part !== '.' && part !== '..')
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))

describe('a manifest', () => {
  it('reads back what was written, sorted, and the order of the files does not matter', () => {
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 20 }), (paths) => {
        const text = manifestText(paths.map(file))
        expect(parseManifest(text)).toEqual(paths.toSorted((a, b) => (a < b ? -1 : 1)).map(file))
        expect(manifestText(paths.toReversed().map(file))).toBe(text)
      }),
    )
  })

  it.each([
    ['', 'begins with'],
    ['sheaf-manifest 2\n', 'begins with'],
    ['sheaf-manifest 1', 'in the middle of a line'],
    [manifestText([file('a')]).slice(0, -3), 'in the middle of a line'],
    [`sheaf-manifest 1\n${sha512} 3 ../a\n`, 'names no file'],
    [`sheaf-manifest 1\n${sha512} 3 /a\n`, 'names no file'],
    [`sheaf-manifest 1\n${sha512} 3 a//b\n`, 'names no file'],
    [`sheaf-manifest 1\n${sha512} 3 a\\b\n`, 'names no file'],
    [`sheaf-manifest 1\n${sha512} -3 a\n`, 'names no file'],
    [`sheaf-manifest 1\n${sha512.slice(1)} 3 a\n`, 'names no file'],
    [`sheaf-manifest 1\n${sha512} 3 a\n${sha512} 4 a\n`, 'twice'],
  ])('%j is none', (text, words) => {
    expect(() => parseManifest(text)).toThrow(ManifestInvalid)
    expect(() => parseManifest(text)).toThrow(words)
  })
})
