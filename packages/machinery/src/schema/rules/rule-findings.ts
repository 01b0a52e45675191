// What is wrong with the rules of a schema: expressions that do not compile, that compare what cannot be compared, or that
// would take too long on the largest value that the schema allows. Texts as in Kubernetes.

import { type FieldError, forbidden, invalid, type JsonSchema, type ValidationRule } from '@sheaf/api/meta'
import { CompilationFailed, type CompiledExpression } from './compile-expression.ts'
import { compileCondition, compileMessage, variablesFor } from './compile-rule.ts'
import { mostInRequest } from './declared-type.ts'
import { type Engine, loadEngine } from './engine.ts'

/** As in Kubernetes, for one rule on all the values that it applies to. */
const mostRuleCost = 10_000_000
/** As in Kubernetes, for all rules of a version. */
const mostTotalCost = 100_000_000
/**
 * Our estimate is no exact copy of Kubernetes': what published definitions were measured against there must not be refused
 * here for that. What is dear all the same is cut off when it is evaluated.
 */
const tolerance = 10

interface Position {
  path: string
  /** How many such values there may be in one object; undefined below a list or map without a bound. */
  count: number | undefined
  isResource: boolean
  /** The list whose elements cannot be found again after a change, if this is inside one. */
  uncorrelated: string | undefined
}

interface Findings {
  engine: Engine
  errors: FieldError[]
  costs: { path: string; cost: number }[]
}

/** `path` is where the schema stands in its definition. */
export async function ruleFindings(schema: JsonSchema, path: string): Promise<FieldError[]> {
  if (!JSON.stringify(schema).includes('"x-kubernetes-validations"')) return []
  const findings: Findings = { engine: await loadEngine(), errors: [], costs: [] }
  visit(findings, schema, { path, count: 1, isResource: true, uncorrelated: undefined })
  return [...findings.errors, ...totalErrors(findings.costs, path)]
}

function totalErrors(costs: Findings['costs'], path: string): FieldError[] {
  const total = costs.reduce((sum, { cost }) => sum + cost, 0)
  if (total <= mostTotalCost * tolerance) return []
  const greatest = costs.toSorted((a, b) => b.cost - a.cost).slice(0, 5)
  const contributed = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
  const name = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
  return [...greatest.map((each) => forbidden(each.path, contributed)), forbidden(path, excess(name, total, mostTotalCost))]
}

function excess(name: string, cost: number, limit: number): string {
  const times = cost / limit
  const factor = times > 100 ? 'more than 100x' : times < 1.5 ? `${times.toFixed(6)}x` : `${times.toFixed(1)}x`
  const hint =
    '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)'
  return `${name} exceeds budget by factor of ${factor} ${hint}`
}

function visit(findings: Findings, schema: JsonSchema, position: Position): void {
  const { path, count, uncorrelated } = position
  const isResource = position.isResource || schema['x-kubernetes-embedded-resource'] === true
  for (const [index, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    judge(findings, rule, schema, { ...position, isResource, path: `${path}.x-kubernetes-validations[${index}]` })
  }
  const { properties = {}, items, additionalProperties } = schema
  const inMap = schema['x-kubernetes-map-type'] === 'atomic' ? (uncorrelated ?? path) : uncorrelated
  for (const [name, property] of Object.entries(properties)) {
    const at = `${path}.properties[${name}]`
    visit(findings, property, { path: at, count, isResource: false, uncorrelated: inMap })
  }
  if (items !== undefined) {
    const inList = schema['x-kubernetes-list-type'] === 'map' ? uncorrelated : (uncorrelated ?? path)
    const within = { path: `${path}.items`, count: product(count, schema.maxItems), isResource: false, uncorrelated: inList }
    visit(findings, items, within)
  }
  if (typeof additionalProperties === 'object') {
    const at = `${path}.additionalProperties`
    visit(findings, additionalProperties, {
      path: at,
      count: product(count, schema.maxProperties),
      isResource: false,
      uncorrelated: inMap,
    })
  }
}

function product(count: number | undefined, most: number | undefined): number | undefined {
  return count === undefined || most === undefined ? undefined : count * most
}

function judge(findings: Findings, rule: ValidationRule, schema: JsonSchema, position: Position): void {
  const { engine, errors } = findings
  const { path, isResource, uncorrelated } = position
  const variables = variablesFor(rule, schema, isResource)
  const attempt = <T>(field: string, compile: () => T): T | undefined => {
    try {
      return compile()
    } catch (error) {
      if (!(error instanceof CompilationFailed)) throw error
      errors.push(invalid(`${path}.${field}`, rule, error.message))
      return undefined
    }
  }
  const condition = attempt('rule', () => compileCondition(engine, rule, variables))
  const message = attempt('messageExpression', () => compileMessage(engine, rule, variables))
  charge(findings, condition, schema, position, { field: 'rule', name: 'estimated rule cost' })
  charge(findings, message, schema, position, { field: 'messageExpression', name: 'estimated messageExpression cost' })
  if (condition === undefined) return
  const usesOldSelf = condition.reads.has('oldSelf')
  if (usesOldSelf && uncorrelated !== undefined) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`
    errors.push(invalid(`${path}.rule`, rule.rule, why))
  }
  if (!usesOldSelf && rule.optionalOldSelf !== undefined) {
    errors.push(invalid(`${path}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'))
  }
}

function charge(
  { errors, costs }: Findings,
  expression: CompiledExpression | undefined,
  schema: JsonSchema,
  { path, count }: Position,
  { field, name }: { field: string; name: string },
): void {
  if (expression === undefined) return
  const cost = expression.cost * (count ?? mostInRequest(schema))
  costs.push({ path: `${path}.${field}`, cost })
  if (cost > mostRuleCost * tolerance) errors.push(forbidden(`${path}.${field}`, excess(name, cost, mostRuleCost)))
}
