/** Whether two values say the same JSON: the order of keys does not matter, and an undefined member is no member. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || a === b) return true
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  }
  if (!isRecord(a) || !isRecord(b)) return false
  const isInOther = (key: string): boolean => b[key] === undefined || ownMember(a, key) !== undefined
  return Object.keys(a).every((key) => sameJson(a[key], ownMember(b, key))) && Object.keys(b).every(isInOther)
}

/** Every object inherits members of names such as `constructor`. */
function ownMember(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
