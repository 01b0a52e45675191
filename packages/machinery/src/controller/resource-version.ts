const decimal = /^[1-9][0-9]*$/

/**
 * Whether `a` is an earlier moment of the same collection than `b`. Resource versions are comparable as whole numbers of
 * any length; of anything else nothing is known, and the answer is no.
 */
export function isOlder(a: string, b: string): boolean {
  if (!decimal.test(a) || !decimal.test(b)) return false
  return a.length === b.length ? a < b : a.length < b.length
}
