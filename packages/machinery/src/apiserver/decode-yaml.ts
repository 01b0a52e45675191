// YAML bodies.

import type { Json } from '@sheaf/api/meta'
import { type Document, isAlias, isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { DecodedBody } from '../registry/registry.ts'
import { checkDepth, checkFieldName, nestsTooDeep } from './body-limits.ts'
import { duplicateFields } from './json-scan.ts'

/** An alias may stand for a whole tree: a few lines could become gigabytes. Manifests use a handful. */
const maxAliasCount = 100

/** Nobody reads more. */
const maxFound = 100

/** Throws a plain Error that says what is wrong with the text. */
export function decodeYaml(text: string): DecodedBody {
  const lines = new LineCounter()
  const document = parseDocument(text, { uniqueKeys: false, merge: true, lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  // The parser's own recursion ends where the stack does.
  if (error !== undefined && /call stack/i.test(error.message)) throw nestsTooDeep()
  if (error !== undefined) throw new Error(`yaml: line ${lines.linePos(error.pos[0]).line}: ${error.message}`)
  const duplicates = inspect(document, lines)
  return { value: jsonOf(document), strictIssues: duplicates }
}

function jsonOf(document: Document): Json {
  try {
    const value: unknown = document.toJS({ maxAliasCount })
    // Through text: what JSON cannot say (infinities, big numbers' types) must not get further.
    const text = JSON.stringify(value ?? null)
    // An alias may have brought in a name or a depth that could not be seen before.
    duplicateFields(text)
    return JSON.parse(text) as Json
  } catch (error) {
    if (error instanceof ReferenceError) throw new Error('yaml: document contains excessive aliasing', { cause: error })
    throw error
  }
}

/** Looks at the names and the depth of everything; tells which names occur twice in one map. */
function inspect(document: Document, lines: LineCounter): string[] {
  const found: string[] = []
  const walk = (node: unknown, depth: number): void => {
    checkDepth(depth)
    if (!isCollection(node) || isAlias(node)) return
    if (!isMap(node)) {
      for (const item of node.items) walk(item, depth + 1)
      return
    }
    const names = new Set<string>()
    for (const { key, value } of node.items) {
      const name = String(isScalar(key) ? key.value : key)
      checkFieldName(name)
      const line = isNode(key) && key.range ? lines.linePos(key.range[0]).line : 0
      if (names.has(name) && found.length < maxFound) found.push(`line ${line}: key "${name}" already set in map`)
      names.add(name)
      walk(value, depth + 1)
    }
  }
  walk(document.contents, 0)
  return found
}
