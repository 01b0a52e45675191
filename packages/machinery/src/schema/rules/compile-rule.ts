// One rule of a schema: its expression and that of its message.

import type { JsonSchema, ValidationRule } from '@sheaf/api/meta'
import { type CompiledExpression, compileExpression } from './compile-expression.ts'
import { type CelType, declaredType, dyn } from './declared-type.ts'
import type { Engine } from './engine.ts'

export interface CompiledRule {
  condition: CompiledExpression
  message: CompiledExpression | undefined
  /** It is about a change, not about a value. */
  usesOldSelf: boolean
}

/** Throws CompilationFailed. */
export function compileRule(engine: Engine, rule: ValidationRule, schema: JsonSchema, isResource: boolean): CompiledRule {
  const variables = variablesFor(rule, schema, isResource)
  const condition = compileCondition(engine, rule, variables)
  return { condition, message: compileMessage(engine, rule, variables), usesOldSelf: condition.reads.has('oldSelf') }
}

export function compileCondition(engine: Engine, { rule }: ValidationRule, variables: Variables): CompiledExpression {
  return compileExpression(engine, rule.trim(), variables, { kind: 'bool', why: 'cel expression must evaluate to a bool' })
}

export function compileMessage(
  engine: Engine,
  { messageExpression = '' }: ValidationRule,
  variables: Variables,
): CompiledExpression | undefined {
  if (messageExpression === '') return undefined
  const why = 'messageExpression must evaluate to a string'
  return compileExpression(engine, messageExpression.trim(), variables, { kind: 'string', why })
}

export type Variables = ReadonlyMap<string, CelType>

export function variablesFor({ optionalOldSelf }: ValidationRule, schema: JsonSchema, isResource: boolean): Variables {
  const self = declaredType(schema, { isResource }) ?? dyn
  const oldSelf: CelType = optionalOldSelf === true ? { kind: 'optional', of: self } : self
  return new Map([
    ['self', self],
    ['oldSelf', oldSelf],
  ])
}
