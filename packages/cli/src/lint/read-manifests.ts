// From a text to the objects in it, as kubectl reads them: YAML 1.1, several documents, JSON as well.

import { type Document, isMap, isScalar, LineCounter, type Node, type ParsedNode, parseAllDocuments, visit } from 'yaml'

export type ManifestDocument = Document.Parsed<ParsedNode>

/** One object (or list of objects) with the tree that knows where each of its parts stands. */
export interface Manifest {
  /** Which document of the text it is. */
  index: number
  document: ManifestDocument
  object: unknown
  /** Anchors that some alias repeats. */
  repeatedAnchors: ReadonlySet<string>
}

/**
 * What could not be looked at. `skipped`: a template, which becomes a manifest only when it is rendered. `unreadable`:
 * something that ought to be a manifest and is none.
 */
export interface Trouble {
  kind: 'skipped' | 'unreadable'
  line: number
  column: number
  reason: string
}

export interface Manifests {
  text: string
  lines: LineCounter
  manifests: Manifest[]
  troubles: Trouble[]
}

const templateMark = '{{'

export function readManifests(text: string): Manifests {
  const lines = new LineCounter()
  const read: Manifests = { text, lines, manifests: [], troubles: [] }
  try {
    for (const [index, document] of parse(text, lines).entries()) readDocument(document, index, read)
  } catch (cause) {
    // Nested so deeply that the parser's stack ends.
    read.troubles.push({ kind: 'unreadable', line: 1, column: 1, reason: (cause as Error).message })
  }
  return read
}

function parse(text: string, lines: LineCounter): ManifestDocument[] {
  const documents = parseAllDocuments(parseableText(text), {
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  })
  return 'empty' in documents ? [] : documents
}

/**
 * JSON may be indented with tabs, YAML may not. In JSON no tab can be part of a value, so a space of the same width
 * keeps both the meaning and every position.
 */
function parseableText(text: string): string {
  if (!text.includes('\t') || !/^\s*[[{]/.test(text)) return text
  try {
    JSON.parse(text)
    return text.replaceAll('\t', ' ')
  } catch {
    return text
  }
}

function readDocument(document: ManifestDocument, index: number, { text, lines, manifests, troubles }: Manifests): void {
  const trouble = (kind: Trouble['kind'], offset: number, reason: string) => {
    const { line, col } = lines.linePos(offset)
    troubles.push({ kind, line, column: col, reason })
  }
  const [error] = document.errors
  if (error !== undefined) {
    if (text.includes(templateMark))
      return trouble('skipped', error.pos[0], `a template that is no YAML before it is rendered (${error.message})`)
    return trouble('unreadable', error.pos[0], error.message)
  }
  const templated = templatedType(document, text)
  if (templated !== undefined) return trouble('skipped', templated, 'its Kind is known only after the template is rendered')
  try {
    manifests.push({ index, document, object: document.toJS(), repeatedAnchors: repeatedAnchors(document) })
  } catch (cause) {
    // An alias without its anchor, or so many of them that the document would explode.
    trouble('unreadable', document.range[0], (cause as Error).message)
  }
}

/** Where `kind` or `apiVersion` is left to a template. */
function templatedType({ contents }: ManifestDocument, text: string): number | undefined {
  if (!isMap(contents)) return undefined
  const pair = contents.items.find(({ key, value }) => {
    if (!isScalar(key) || (key.value !== 'kind' && key.value !== 'apiVersion')) return false
    return sourceOf(value, text).includes(templateMark)
  })
  return (pair?.key as Node | undefined)?.range?.[0]
}

function repeatedAnchors(document: ManifestDocument): Set<string> {
  const names = new Set<string>()
  visit(document, { Alias: (_, alias) => void names.add(alias.source) })
  return names
}

/** What is written for a node: without its anchor, tag and comments. */
export function sourceOf(node: unknown, text: string): string {
  const range = (node as Node | null | undefined)?.range
  return range ? text.slice(range[0], range[1]) : ''
}
