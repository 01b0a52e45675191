// Reads the import table of ARCHITECTURE.md and holds the code against it.

import { posix } from 'node:path'

export interface Room {
  name: string
  mayImport: readonly string[]
}

export interface SourceFile {
  /** From the root of the repository, such as `packages/api/src/index.ts`. */
  path: string
  text: string
}

export function parseRooms(architecture: string): Room[] {
  const table = architecture.split('<!-- rooms:begin -->')[1]?.split('<!-- rooms:end -->')[0] ?? ''
  return table
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| room') && !line.startsWith('|---'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, name = '', , permissions = '']) => ({
      name,
      mayImport: permissions
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean),
    }))
}

/** What a file imports or re-exports, type-only and dynamic imports included. */
export function importsOf(text: string): string[] {
  const code = text.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
  const patterns = [
    /(?:^|[\s;])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]/g,
    /(?:^|[\s;])import\s*['"]([^'"]+)['"]/g,
    /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
  ]
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''))
}

const roomOf = (path: string): string => path.split('/')[1] ?? ''
/** Tests and what only tests use may import anything. */
const isTest = (path: string): boolean => /\.(test|testdata|fixture)\.ts$|conformance/.test(path)

function breachOf(file: SourceFile, room: Room, imported: string): string | undefined {
  const allowed = room.mayImport.length === 0 ? 'nothing of ours' : room.mayImport.map((each) => `@sheaf/${each}`).join(', ')
  if (imported.startsWith('.')) {
    const target = posix.join(posix.dirname(file.path), imported)
    if (target.startsWith(`packages/${room.name}/`)) return undefined
    return `${file.path} reaches out of its room by the relative path ${imported}; import by name instead: ${room.name} may import ${allowed}`
  }
  if (!imported.startsWith('@sheaf/')) return undefined
  const door = imported.slice('@sheaf/'.length)
  if (door === room.name || room.mayImport.includes(door)) return undefined
  return `${file.path} imports ${imported}; ${room.name} may import ${allowed}`
}

/** Every breach of the table, in words that say what is allowed instead. */
export function breaches(rooms: readonly Room[], files: readonly SourceFile[]): string[] {
  const found: string[] = []
  const used = new Set<string>()
  for (const file of files) {
    const room = rooms.find((each) => each.name === roomOf(file.path))
    if (room === undefined) {
      found.push(`${file.path} lies in packages/${roomOf(file.path)}, which is no room of ARCHITECTURE.md`)
      continue
    }
    if (isTest(file.path)) continue
    for (const imported of importsOf(file.text)) {
      const breach = breachOf(file, room, imported)
      if (breach !== undefined) found.push(breach)
      used.add(`${room.name} → ${imported.replace('@sheaf/', '')}`)
    }
  }
  for (const room of rooms) {
    for (const door of room.mayImport) {
      if (!used.has(`${room.name} → ${door}`))
        found.push(`ARCHITECTURE.md lets ${room.name} import ${door}, but nobody does: take the permission away`)
    }
  }
  return found
}
