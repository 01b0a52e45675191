// Schema patterns are written for RE2, which has neither look-around nor back-references and never backtracks. JavaScript's
// own engine knows other patterns and does backtrack, which whoever may write a schema could make use of.

import { RE2JS } from 're2js'

const compiled = new Map<string, RE2JS>()

/** Bounds the memory of a process that sees ever new schemas. */
const maxCompiled = 1_000

/** Whether `text` contains a match. Throws for what is no pattern: a mistake in the schema, not in the object. */
export function matchesPattern(pattern: string, text: string): boolean {
  return expressionOf(pattern).test(text)
}

/** What is wrong with a pattern, or nothing. */
export function patternFinding(pattern: string): string | undefined {
  try {
    expressionOf(pattern)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

export function expressionOf(pattern: string): RE2JS {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  const expression = RE2JS.compile(pattern)
  if (compiled.size === maxCompiled) compiled.clear()
  compiled.set(pattern, expression)
  return expression
}
