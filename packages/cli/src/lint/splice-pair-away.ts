// Deleting a field from a map. A comment is never deleted with it: whose comment it is, only a person can tell.

import type { Node, Pair, YAMLMap } from 'yaml'
import type { Spliced } from './splice-edit.ts'

export function splicePairAway(text: string, map: YAMLMap, pair: Pair): Spliced {
  if (map.items.length === 1) return { obstacle: 'it is the only field of its map' }
  const index = map.items.indexOf(pair)
  const [start, end] = extentOf(pair)
  const previous = map.items[index - 1]
  const next = map.items[index + 1]
  if (text.slice(start, end).includes('#')) return { obstacle: 'a comment may stand in it' }
  return map.flow === true ? fromFlow(text, [start, end], previous, next) : fromBlock(text, [start, end], next)
}

type Extent = readonly [start: number, end: number]

/** `{a: 1, b: 2}` and JSON: with the comma after it, or, for the last, the one before. */
function fromFlow(text: string, [start, end]: Extent, previous: Pair | undefined, next: Pair | undefined): Spliced {
  const comma = /^\s*,\s*$/
  const nextStart = next && extentOf(next)[0]
  if (nextStart !== undefined && comma.test(text.slice(end, nextStart))) return [{ start, end: nextStart, text: '' }]
  const previousEnd = previous && extentOf(previous)[1]
  if (next === undefined && previousEnd !== undefined && comma.test(text.slice(previousEnd, start))) {
    return [{ start: previousEnd, end, text: '' }]
  }
  return { obstacle: 'there is more than a comma beside it' }
}

/** Its line; or, behind the dash of a list, up to the field that takes its place. */
function fromBlock(text: string, [start, end]: Extent, next: Pair | undefined): Spliced {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const newline = text.indexOf('\n', end)
  const lineEnd = newline === -1 ? text.length : newline + 1
  if (text.slice(start, end).includes('\n')) return { obstacle: 'it spans several lines' }
  if (text.slice(end, lineEnd).trim() !== '') return { obstacle: 'something stands behind it on its line' }
  const before = text.slice(lineStart, start)
  if (before.trim() === '') return [{ start: lineStart, end: lineEnd, text: '' }]
  const nextStart = next && extentOf(next)[0]
  if (/^[ -]*$/.test(before) && nextStart !== undefined && /^[ \t]*\r?\n *$/.test(text.slice(end, nextStart))) {
    return [{ start, end: nextStart, text: '' }]
  }
  return { obstacle: 'something stands before it on its line' }
}

/** From the key to the end of the value. */
function extentOf({ key, value }: Pair): Extent {
  const keyRange = (key as Node).range ?? [0, 0, 0]
  return [keyRange[0], (value as Node | null)?.range?.[1] ?? keyRange[1]]
}
