// Changing a text at ranges, so that everything outside them stays byte for byte.

export interface Splice {
  start: number
  end: number
  text: string
}

/** The splices must not overlap; `withoutOverlaps` sees to that. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const parts: string[] = []
  let at = 0
  for (const splice of splices.toSorted((one, other) => one.start - other.start)) {
    parts.push(text.slice(at, splice.start), splice.text)
    at = splice.end
  }
  return [...parts, text.slice(at)].join('')
}

/** Of groups of splices that belong together, those that leave each other alone; earlier ones win. */
export function withoutOverlaps(groups: readonly (readonly Splice[])[]): Splice[] {
  const ordered = groups.toSorted((one, other) => (one[0]?.start ?? 0) - (other[0]?.start ?? 0))
  const taken: Splice[] = []
  let end = -1
  for (const group of ordered) {
    if (group.some(({ start }) => start < end)) continue
    taken.push(...group)
    end = Math.max(end, ...group.map((each) => each.end))
  }
  return taken
}
