// From one edit of an object to splices of the text it is written in, or to the reason why that is not safe.

import { isScalar, type Node } from 'yaml'
import type { PathEdit } from '@sheaf/api'
import type { Spot } from './locate.ts'
import { sourceOf } from './read-manifests.ts'
import { splicePairAway } from './splice-pair-away.ts'
import type { Splice } from './splice.ts'

export type Spliced = readonly Splice[] | { obstacle: string }

export function spliceEdit(text: string, spot: Spot, edit: PathEdit): Spliced {
  if (spot.obstacle !== undefined) return { obstacle: spot.obstacle }
  const { map, pair, value } = spot
  const marked = markOn(pair?.key) ?? markOn(value)
  if (marked !== undefined) return { obstacle: marked }
  switch (edit.op) {
    case 'set':
      return typeof edit.value === 'string' ? replaceScalar(text, value, edit.value) : { obstacle: 'it is no text' }
    case 'rename': {
      const quote = quoteOf(pair?.key, text)
      if (quote === undefined || typeof edit.value !== 'string') return { obstacle: 'its key is written in an unusual way' }
      if (!isPlainWord(value, text)) return { obstacle: 'its value is not a plain word' }
      return [
        { start: spot.start, end: spot.end, text: quote + edit.key + quote },
        { ...rangeOf(value), text: quote + edit.value + quote },
      ]
    }
    case 'delete':
      return map === undefined || pair === undefined ? { obstacle: 'it has no key' } : splicePairAway(text, map, pair)
    default:
      return edit satisfies never
  }
}

/** A new text in the quotes of the old one. */
function replaceScalar(text: string, value: Node | null | undefined, replacement: string): Spliced {
  const quote = quoteOf(value, text)
  if (quote === undefined) return { obstacle: 'its value is written in an unusual way' }
  return [{ ...rangeOf(value), text: quote + replacement + quote }]
}

/** The quotes around a scalar; undefined if it is more than itself in quotes: folded, escaped, a block. */
function quoteOf(node: unknown, text: string): '' | '"' | "'" | undefined {
  if (!isScalar(node)) return undefined
  const source = sourceOf(node, text)
  return (['', '"', "'"] as const).find((quote) => source === `${quote}${String(node.value)}${quote}`)
}

function isPlainWord(node: unknown, text: string): boolean {
  return isScalar(node) && node.type === 'PLAIN' && /^\w+$/.test(sourceOf(node, text))
}

function markOn(node: unknown): string | undefined {
  const { anchor, tag } = (node ?? {}) as { anchor?: string; tag?: string }
  if (anchor !== undefined) return `it carries the anchor &${anchor}`
  return tag !== undefined && isScalar(node) ? 'it carries a tag' : undefined
}

function rangeOf(node: Node | null | undefined): { start: number; end: number } {
  const [start, end] = node?.range ?? [0, 0]
  return { start, end }
}
