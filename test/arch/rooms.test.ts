import { describe, expect, it } from 'vitest'
import { readText, sourceFiles } from './repository.ts'
import { breaches, importsOf, parseRooms } from './rooms.ts'

const rooms = parseRooms(readText('ARCHITECTURE.md'))
const inPackages = sourceFiles((path) => path.startsWith('packages/'))

describe('the rooms', () => {
  it('are the eight of the table', () => {
    expect(rooms.map((room) => room.name)).toEqual(['api', 'machinery', 'qemu', 'upgrade', 'kinds', 'server', 'cli', 'web'])
    expect(inPackages.length).toBeGreaterThan(50)
  })

  it('import only what the table of ARCHITECTURE.md allows, and use what it allows', () => {
    expect(breaches(rooms, inPackages)).toEqual([])
  })
})

describe('the test of the rooms', () => {
  const table = parseRooms(
    '<!-- rooms:begin -->\n| room | its sentence | may import |\n|---|---|---|\n| a | x | b/door |\n| b | y | |\n<!-- rooms:end -->',
  )
  const uses = { path: 'packages/a/src/uses.ts', text: "import { x } from '@sheaf/b/door'" }
  const found = (path: string, text: string): string[] => breaches(table, [uses, { path, text }])

  it.each([
    ['a plain import', "import { x } from '@sheaf/a'"],
    ['a type-only import', "import type { X } from '@sheaf/a'"],
    ['an import over several lines', "import {\n  x,\n  y,\n} from '@sheaf/a'"],
    ['a re-export', "export * from '@sheaf/a'"],
    ['an import for its effects', "import '@sheaf/a'"],
    ['a dynamic import', "const x = await import('@sheaf/a')"],
  ])('catches %s that crosses the table', (_what, text) => {
    expect(found('packages/b/src/x.ts', text)).toEqual(['packages/b/src/x.ts imports @sheaf/a; b may import nothing of ours'])
  })

  it('catches another door of a room that may be entered', () => {
    expect(found('packages/a/src/x.ts', "import { x } from '@sheaf/b'")).toEqual([
      'packages/a/src/x.ts imports @sheaf/b; a may import @sheaf/b/door',
    ])
  })

  it('catches a relative path that leaves its room', () => {
    expect(found('packages/b/src/x.ts', "import { x } from '../../a/src/y.ts'")[0]).toContain('reaches out of its room')
  })

  it('catches a permission that nobody uses', () => {
    expect(breaches(table, [])).toEqual(['ARCHITECTURE.md lets a import b/door, but nobody does: take the permission away'])
  })

  it('leaves tests, comments and other packages alone', () => {
    expect(found('packages/b/src/x.test.ts', "import { x } from '@sheaf/a'")).toEqual([])
    expect(importsOf("// import { x } from '@sheaf/a'\nimport { y } from 'node:fs'")).toEqual(['node:fs'])
  })
})
