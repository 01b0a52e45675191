// What is wrong with an expression before it is ever evaluated, in cel-go's words, and what it may cost at most. The parser
// has expanded the macros: `all` and its like are loops. Pure.

import type { Expression as Expr, ParsedExpression as ParsedExpr } from './engine.ts'
import type { CelType } from './declared-type.ts'
import { callCost, type Sized } from './expression-cost.ts'
import { bindParameters, joinTypes, substitute, typeName } from './type-matching.ts'
import { signatures } from './signatures.ts'

export interface CheckedExpression {
  type: CelType
  /** In Kubernetes' units: about one for each step. */
  cost: number
  /** Names of the variables that it reads. */
  reads: ReadonlySet<string>
}

/** Something is wrong with an expression; where, and what. */
export class ExpressionError extends Error {
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.name = 'ExpressionError'
    this.at = at
  }
}

interface Scope {
  positions: Readonly<Record<string, number>>
  variables: ReadonlyMap<string, CelType>
  reads: Set<string>
}

type Checked = Sized & { cost: number }

/** Throws ExpressionError. */
export function checkExpression(parsed: ParsedExpr, variables: ReadonlyMap<string, CelType>): CheckedExpression {
  const reads = new Set<string>()
  if (parsed.expr === undefined) throw new ExpressionError(0, 'the expression is empty')
  const { type, cost } = check(parsed.expr, { positions: parsed.sourceInfo?.positions ?? {}, variables, reads })
  return { type, cost, reads }
}

function check(expr: Expr, scope: Scope): Checked {
  const { exprKind: node } = expr
  switch (node.case) {
    case 'constExpr':
      return constant(node.value.constantKind)
    case 'identExpr':
      return identifier(node.value.name, expr, scope)
    case 'selectExpr':
      return selection(node.value, expr, scope)
    case 'callExpr':
      return call(node.value, expr, scope)
    case 'listExpr':
      return listLiteral(node.value.elements.map((each) => check(each, scope)))
    case 'structExpr':
      return mapLiteral(node.value, expr, scope)
    case 'comprehensionExpr':
      return loop(node.value, scope)
    case undefined:
      throw problem(expr, scope, 'unexpected end of the expression')
  }
}

function problem(expr: Expr, { positions }: Scope, message: string): ExpressionError {
  return new ExpressionError(positions[String(expr.id)] ?? 0, message)
}

type Node<C extends Expr['exprKind']['case']> = Extract<Expr['exprKind'], { case: C }>['value']

const constantKinds = {
  nullValue: 'null_type',
  boolValue: 'bool',
  int64Value: 'int',
  uint64Value: 'uint',
  doubleValue: 'double',
  stringValue: 'string',
  bytesValue: 'bytes',
  durationValue: 'duration',
  timestampValue: 'timestamp',
} as const

function constant({ case: kind, value }: Node<'constExpr'>['constantKind']): Checked {
  if (kind === undefined) return { type: { kind: 'dyn' }, cost: 0, size: undefined }
  const hasLength = typeof value === 'string' || value instanceof Uint8Array
  return { type: { kind: constantKinds[kind] }, cost: 0, size: hasLength ? value.length : undefined }
}

/** Names of types, which are values too. */
const typeNames: ReadonlySet<string> = new Set([
  'bool',
  'bytes',
  'double',
  'duration',
  'dyn',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'timestamp',
  'type',
  'uint',
])

function identifier(name: string, expr: Expr, scope: Scope): Checked {
  const type = scope.variables.get(name)
  if (type !== undefined) {
    scope.reads.add(name)
    return { type, cost: 1, size: type.most }
  }
  if (typeNames.has(name)) return { type: { kind: 'type' }, cost: 1, size: undefined }
  throw problem(expr, scope, `undeclared reference to '${name}' (in container '')`)
}

function selection({ operand, field, testOnly }: Node<'selectExpr'>, expr: Expr, scope: Scope): Checked {
  if (operand === undefined) throw problem(expr, scope, 'a field of nothing')
  const owner = check(operand, scope)
  const type = fieldType(owner.type, field, expr, scope)
  const cost = owner.cost + 1
  return testOnly ? { type: { kind: 'bool' }, cost, size: undefined } : { type, cost, size: type.most }
}

function fieldType(owner: CelType, field: string, expr: Expr, scope: Scope): CelType {
  switch (owner.kind) {
    case 'dyn':
      return { kind: 'dyn' }
    case 'map':
      return owner.of
    case 'object': {
      const type = owner.fields.get(field)
      if (type === undefined) throw problem(expr, scope, `undefined field '${field}'`)
      return type
    }
    default:
      throw problem(expr, scope, `type '${typeName(owner)}' does not support field selection`)
  }
}

function call(node: Node<'callExpr'>, expr: Expr, scope: Scope): Checked {
  const namespaced = namespacedName(node, scope)
  const name = namespaced ?? node.function
  const target = namespaced !== undefined || node.target === undefined ? undefined : check(node.target, scope)
  const parameters = node.args.map((each) => check(each, scope))
  const overloads = signatures.get(name)
  if (overloads === undefined) throw problem(expr, scope, `undeclared reference to '${name}' (in container '')`)
  const given = target === undefined ? parameters : [target, ...parameters]
  const results = overloads.flatMap((each) => {
    if ((each.target === undefined) !== (target === undefined)) return []
    const wanted = each.target === undefined ? each.parameters : [each.target, ...each.parameters]
    const bound = bindParameters(
      wanted,
      given.map(({ type }) => type),
    )
    return bound === undefined ? [] : [substitute(each.result, bound)]
  })
  if (results.length === 0) throw problem(expr, scope, noOverload(name, target, parameters))
  const type = results.reduce(joinTypes)
  const { cost, size } = callCost(name, target, parameters)
  return { type, cost: cost + given.reduce((sum, each) => sum + each.cost, 0), size: size ?? type.most }
}

/** `sets.contains` is parsed as a call on a variable. */
function namespacedName({ target, function: name }: Node<'callExpr'>, { variables }: Scope): string | undefined {
  if (target?.exprKind.case !== 'identExpr') return undefined
  const full = `${target.exprKind.value.name}.${name}`
  return variables.has(target.exprKind.value.name) || !signatures.has(full) ? undefined : full
}

function noOverload(name: string, target: Checked | undefined, parameters: readonly Checked[]): string {
  const types = parameters.map(({ type }) => typeName(type)).join(', ')
  const receiver = target === undefined ? '' : `${typeName(target.type)}.`
  return `found no matching overload for '${name}' applied to '${receiver}(${types})'`
}

/** What it takes to make a list, a map, beside what is in it. */
const creationCosts = { list: 10, map: 30 }

function listLiteral(elements: readonly Checked[]): Checked {
  const of = elements.length === 0 ? ({ kind: 'dyn' } as const) : elements.map(({ type }) => type).reduce(joinTypes)
  const cost = elements.reduce((sum, each) => sum + each.cost, creationCosts.list)
  return { type: { kind: 'list', of }, cost, size: elements.length }
}

function mapLiteral({ messageName, entries }: Node<'structExpr'>, expr: Expr, scope: Scope): Checked {
  if (messageName !== '') throw problem(expr, scope, `undeclared reference to '${messageName}' (in container '')`)
  let cost = creationCosts.map
  const keys: CelType[] = []
  const values: CelType[] = []
  for (const { keyKind, value } of entries) {
    if (keyKind.case !== 'mapKey' || value === undefined) throw problem(expr, scope, 'unexpected field name in a map')
    const key = check(keyKind.value, scope)
    const checked = check(value, scope)
    cost += key.cost + checked.cost
    keys.push(key.type)
    values.push(checked.type)
  }
  const join = (types: CelType[]): CelType => (types.length === 0 ? { kind: 'dyn' } : types.reduce(joinTypes))
  return { type: { kind: 'map', key: join(keys), of: join(values) }, cost, size: entries.length }
}

function loop(node: Node<'comprehensionExpr'>, scope: Scope): Checked {
  const { iterRange, accuInit, loopCondition, loopStep, result } = node
  if (!iterRange || !accuInit || !loopCondition || !loopStep || !result) throw new ExpressionError(0, 'a loop lacks a part')
  const range = check(iterRange, scope)
  const element = elementOf(range.type)
  if (element === undefined) {
    const why = `expression of type '${typeName(range.type)}' cannot be range of a comprehension (must be list, map, or dynamic)`
    throw problem(iterRange, scope, why)
  }
  const init = check(accuInit, scope)
  const inside = (accu: CelType): Scope => {
    const variables = new Map(scope.variables).set(node.iterVar, element).set(node.accuVar, accu)
    return { ...scope, variables }
  }
  const step = check(loopStep, inside(init.type))
  // The empty list that a loop begins with is of no type yet.
  const accu = joinTypes(init.type, step.type)
  const condition = check(loopCondition, inside(accu))
  const last = check(result, inside(accu))
  const turns = range.size ?? 0
  const cost = range.cost + init.cost + turns * (condition.cost + step.cost) + last.cost
  return { type: last.type, cost, size: last.type.kind === 'list' ? turns : undefined }
}

function elementOf(range: CelType): CelType | undefined {
  switch (range.kind) {
    case 'list':
      return range.of
    case 'map':
      return range.key
    case 'dyn':
      return { kind: 'dyn' }
    default:
      return undefined
  }
}
