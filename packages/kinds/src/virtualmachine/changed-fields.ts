// Where two JSON values differ, as paths that a person can follow. No path: they say the same.

/** `domain.memory.guest`, `volumes[1].name`; the empty path when the values differ as a whole. Absent equals undefined. */
export function changedFields(before: unknown, after: unknown, path = ''): string[] {
  if (Object.is(before, after)) return []
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length !== after.length) return [path]
    return before.flatMap((each, index) => changedFields(each, after[index], `${path}[${index}]`))
  }
  if (!isRecord(before) || !isRecord(after)) return [path]
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) => changedFields(before[name], after[name], path === '' ? name : `${path}.${name}`))
}

export function saysTheSame(before: unknown, after: unknown): boolean {
  return changedFields(before, after).length === 0
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
