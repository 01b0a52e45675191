// From a path in an object to the place in the text where it is written.

import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml'
import type { JsonPath } from '@sheaf/api'
import type { Manifest } from './read-manifests.ts'

export interface Spot {
  /** Where to point: the key, or the item of a list. */
  start: number
  end: number
  /** The map around it, if the path ends in a key. */
  map?: YAMLMap
  pair?: Pair
  value?: Node | null
  /** Why the text must not be changed here. */
  obstacle?: string
}

/** Follows the path. Through an alias or a merge key the place is where that is written, for there the object gets it. */
export function locate({ document, repeatedAnchors }: Manifest, path: JsonPath): Spot {
  let node: unknown = document.contents
  let spot: Spot = { start: document.range[0], end: document.range[0], value: document.contents }
  let obstacle: string | undefined
  for (const segment of path) {
    obstacle ??= repeated(node, repeatedAnchors)
    const next = isMap(node) ? inMap(node, segment) : inList(node, segment)
    if (next === undefined) return { ...spot, obstacle: 'it cannot be found in the text' }
    spot = next
    if (spot.obstacle !== undefined) return spot
    node = spot.value
    if (isAlias(node)) return { ...spot, obstacle: `it is written through the alias *${node.source}` }
  }
  return obstacle === undefined ? spot : { ...spot, obstacle }
}

function repeated(node: unknown, anchors: ReadonlySet<string>): string | undefined {
  const { anchor } = node as { anchor?: string }
  return anchor !== undefined && anchors.has(anchor) ? `it stands in &${anchor}, which *${anchor} repeats elsewhere` : undefined
}

function inMap(map: YAMLMap, segment: string | number): Spot | undefined {
  const pair = map.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment))
  if (pair !== undefined) return { ...rangeOf(pair.key), map, pair, value: pair.value as Node | null }
  const merge = map.items.find(({ key }) => isMergeKey(key))
  return merge && { ...rangeOf(merge.key), obstacle: 'it comes in through the merge key <<' }
}

function inList(list: unknown, segment: string | number): Spot | undefined {
  const item = isSeq(list) && typeof segment === 'number' ? (list.items[segment] as Node | undefined) : undefined
  return item && { ...rangeOf(item), value: item }
}

/** The parser keeps `<<` as a symbol where merging is on. */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && (typeof key.value === 'symbol' || key.value === '<<')
}

function rangeOf(node: unknown): { start: number; end: number } {
  const [start, end] = (node as Node).range ?? [0, 0]
  return { start, end }
}
