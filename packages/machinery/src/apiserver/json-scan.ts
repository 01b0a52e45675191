// Reads JSON text without building anything from it: `JSON.parse` forgets that a name was there twice, and walks of
// deeply nested values would run out of stack. Pure.

import { badRequest } from '@sheaf/api/meta'
import { checkDepth, checkFieldName } from './body-limits.ts'

/** Nobody reads more. */
const maxFound = 100

interface Level {
  /** The path of the value that is open: `spec.disks[0]`. */
  path: string
  /** The names seen in it; undefined for a list. */
  names: Set<string> | undefined
  index: number
  /** The name that the next value has. */
  name: string
}

/** The paths of the fields that occur twice. The text must be valid JSON. Throws BadRequest for too deep a nesting. */
export function duplicateFields(text: string): string[] {
  const found = new Set<string>()
  const levels: Level[] = []
  let awaitsName = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    const level = levels.at(-1)
    if (character === quote) {
      const end = endOfString(text, at)
      if (awaitsName && level?.names !== undefined) takeName(level, level.names, text.slice(at, end + 1), found)
      awaitsName = false
      at = end
    } else if (character === openBrace || character === openBracket) {
      levels.push({ path: pathIn(level), names: character === openBrace ? new Set() : undefined, index: 0, name: '' })
      checkDepth(levels.length)
      awaitsName = character === openBrace
    } else if (character === closeBrace || character === closeBracket) {
      levels.pop()
      awaitsName = false
    } else if (character === comma && level !== undefined) {
      level.index++
      awaitsName = level.names !== undefined
    }
  }
  return [...found]
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let first = at
    while (text.charCodeAt(first - 1) === backslash) first--
    // An odd number of backslashes before it: the quote is part of the string.
    if ((at - first) % 2 === 0) return at
  }
  throw badRequest('unterminated string')
}

function takeName(level: Level, names: Set<string>, quoted: string, found: Set<string>): void {
  const name = quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1)
  checkFieldName(name)
  level.name = name
  if (names.has(name) && found.size < maxFound) found.add(pathIn(level))
  names.add(name)
}

function pathIn(level: Level | undefined): string {
  if (level === undefined) return ''
  if (level.names === undefined) return `${level.path}[${level.index}]`
  return level.path === '' ? level.name : `${level.path}.${level.name}`
}
