// Schema patterns are written for RE2, which has neither look-around nor back-references and never backtracks.
// JavaScript's RegExp does, so what it is given is limited.

/** A backtracking match may take quadratic time even for sensible patterns; names and quantities are far shorter. */
const maxMatchedLength = 10_000

const compiled = new Map<string, RegExp>()

/** Bounds the memory of a process that sees ever new schemas. */
const maxCompiled = 1_000

/** Whether `text` contains a match. Text too long to be matched safely counts as no match. */
export function matchesPattern(pattern: string, text: string): boolean {
  if (text.length > maxMatchedLength) return false
  return expressionOf(pattern).test(text)
}

/** Throws for what RE2 would not accept either: a mistake in the schema, not in the object. */
function expressionOf(pattern: string): RegExp {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  const withoutEscapedBackslashes = pattern.replaceAll('\\\\', '')
  if (/\(\?(?:[=!]|<[=!])|\\[1-9]|\\k</.test(withoutEscapedBackslashes)) {
    throw new Error(`schema pattern ${pattern} uses look-around or a back-reference, which RE2 does not have`)
  }
  const expression = new RegExp(pattern, 'u')
  if (compiled.size === maxCompiled) compiled.clear()
  compiled.set(pattern, expression)
  return expression
}
