// From the text of an expression to something that can be evaluated, or what is wrong with it as cel-go shows it.

import { checkExpression, type CheckedExpression, ExpressionError } from './check-expression.ts'
import type { CelType } from './declared-type.ts'
import type { Engine, ParsedExpression } from './engine.ts'

export interface CompiledExpression extends CheckedExpression {
  parsed: ParsedExpression
}

/** The text is as Kubernetes reports it: `compilation failed: ERROR: <input>:1:6: …`. */
export class CompilationFailed extends Error {
  constructor(text: string) {
    super(`compilation failed: ${text}`)
    this.name = 'CompilationFailed'
  }
}

/** Throws CompilationFailed. */
export function compileExpression(
  engine: Engine,
  text: string,
  variables: ReadonlyMap<string, CelType>,
  wanted: { kind: 'bool' | 'string'; why: string },
): CompiledExpression {
  const parsed = parse(engine, text)
  try {
    const checked = checkExpression(parsed, variables)
    if (checked.type.kind === wanted.kind || checked.type.kind === 'dyn') return { ...checked, parsed }
  } catch (error) {
    if (error instanceof ExpressionError) throw new CompilationFailed(located(text, error.at, error.message))
    throw error
  }
  const failure = new CompilationFailed('')
  failure.message = wanted.why
  throw failure
}

function parse(engine: Engine, text: string): ParsedExpression {
  const optionalAt = optionalSyntaxAt(text)
  if (optionalAt !== undefined) {
    const why = "unsupported syntax '.?' or '[?': this server evaluates no optional field selection; use has() and a conditional"
    throw new CompilationFailed(located(text, optionalAt, why))
  }
  try {
    return engine.parse(text)
  } catch (error) {
    // The parser throws errors of its own that say where: `<input>:1:5: …`.
    throw new CompilationFailed(`ERROR: ${error instanceof Error ? error.message : String(error)}\n | ${text}`)
  }
}

/** Where `a.?b` or `a[?b]` stands, outside of literals. */
function optionalSyntaxAt(text: string): number | undefined {
  const literals = /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g
  const bare = text.replace(literals, (literal) => ' '.repeat(literal.length))
  const at = bare.search(/\.\?|\[\?/)
  return at === -1 ? undefined : at
}

function located(text: string, at: number, message: string): string {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  const column = at - (before.lastIndexOf('\n') + 1)
  const shown = text.split('\n')[line - 1] ?? ''
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${shown}\n | ${'.'.repeat(column)}^`
}
