// Asks the rules of a schema about an object that has the right shape. They are compiled when the first object comes.

import { type CelResult, isCelError } from './cel-result.ts'
import {
  type ApiObject,
  type FieldError,
  forbidden,
  invalid,
  isJsonObject,
  type Json,
  type JsonSchema,
  required,
  sameJson,
  type ValidationRule,
} from '@sheaf/api/meta'
import { correlation } from '../list-identity.ts'
import { celValue } from './cel-value.ts'
import { CompilationFailed } from './compile-expression.ts'
import { compileRule } from './compile-rule.ts'
import { type Bindings, type Engine, type Evaluate, loadEngine } from './engine.ts'
import { AllowanceSpent, type Meter } from './functions/opaque.ts'
import { optional } from './functions/optionals.ts'

/**
 * Turns of loops, all rules of one write together. The evaluator takes some hundred thousand a second, and nothing else
 * happens meanwhile: a write that takes longer than that is refused instead.
 */
const mostTurns = 200_000

/** As in Kubernetes. */
const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run'

const unasked: FieldError = {
  type: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
}

export type Rules = (object: ApiObject, old: ApiObject | undefined, isShapeless: boolean) => Promise<FieldError[]>

/** A schema with rules in it or below it. */
interface RuleNode {
  schema: JsonSchema
  isResource: boolean
  rules: readonly ReadyRule[]
  properties: ReadonlyMap<string, RuleNode>
  /** Of the elements of a list, or the values of a map. */
  inner: RuleNode | undefined
}

interface ReadyRule {
  rule: ValidationRule
  /** Undefined: it does not compile, and `why` says why. */
  condition: Evaluate | undefined
  why: string
  message: Evaluate | undefined
  usesOldSelf: boolean
}

export function rulesOf(schemaOf: () => JsonSchema | undefined): Rules {
  let ready: { engine: Engine; root: RuleNode } | 'none' | undefined
  return async (object, old, isShapeless) => {
    const schema = schemaOf()
    if (ready === undefined) {
      if (schema === undefined || !hasRules(schema)) ready = 'none'
      else {
        const engine = await loadEngine()
        const root = nodeOf(engine, schema, true)
        ready = root === undefined ? 'none' : { engine, root }
      }
    }
    if (ready === 'none') return []
    if (isShapeless) return [unasked]
    // An ApiObject came from JSON.
    const place = { value: object as unknown as Json, old: old as unknown as Json | undefined, path: '' }
    const errors: FieldError[] = []
    const judge: Judge = { engine: ready.engine, errors, meter: meterOf(mostTurns), isSpent: false }
    visit(judge, ready.root, place)
    return errors
  }
}

function hasRules(schema: JsonSchema): boolean {
  const { properties = {}, items, additionalProperties } = schema
  if ((schema['x-kubernetes-validations'] ?? []).length > 0) return true
  if (items !== undefined && hasRules(items)) return true
  if (typeof additionalProperties === 'object' && hasRules(additionalProperties)) return true
  return Object.values(properties).some(hasRules)
}

function nodeOf(engine: Engine, schema: JsonSchema, isRoot: boolean): RuleNode | undefined {
  if (!hasRules(schema)) return undefined
  const isResource = isRoot || schema['x-kubernetes-embedded-resource'] === true
  const { properties = {}, items, additionalProperties } = schema
  const below = items ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined)
  const found = Object.entries(properties).flatMap(([name, property]) => {
    const node = nodeOf(engine, property, false)
    return node === undefined ? [] : [[name, node] as const]
  })
  return {
    schema,
    isResource,
    rules: (schema['x-kubernetes-validations'] ?? []).map((rule) => readyRule(engine, rule, schema, isResource)),
    properties: new Map(found),
    inner: below === undefined ? undefined : nodeOf(engine, below, false),
  }
}

function readyRule(engine: Engine, rule: ValidationRule, schema: JsonSchema, isResource: boolean): ReadyRule {
  try {
    const { condition, message, usesOldSelf } = compileRule(engine, rule, schema, isResource)
    return {
      rule,
      condition: engine.plan(condition.parsed),
      why: '',
      message: message === undefined ? undefined : engine.plan(message.parsed),
      usesOldSelf,
    }
  } catch (error) {
    if (!(error instanceof CompilationFailed)) throw error
    return { rule, condition: undefined, why: error.message, message: undefined, usesOldSelf: false }
  }
}

function meterOf(allowance: number): Meter {
  let left = allowance
  return {
    get isSpent() {
      return left < 0
    },
    charge(amount) {
      left -= amount
      if (left < 0) throw new AllowanceSpent()
    },
  }
}

interface Place {
  value: Json
  old: Json | undefined
  path: string
}

interface Judge {
  engine: Engine
  errors: FieldError[]
  meter: Meter
  isSpent: boolean
}

function visit(judge: Judge, node: RuleNode, place: Place): void {
  const { value, old, path } = place
  // Whether a value may be null or absent is the business of what is around it.
  if (value === null || judge.isSpent) return
  if (node.rules.length > 0) ask(judge, node, place)
  if (Array.isArray(value)) {
    const { inner } = node
    if (inner === undefined) return
    const before = correlation(node.schema, value, old)
    value.forEach((item, index) => visit(judge, inner, { value: item, old: before(item, index), path: `${path}[${index}]` }))
    return
  }
  if (!isJsonObject(value)) return
  for (const [name, inner] of Object.entries(value)) {
    const below = node.properties.get(name) ?? node.inner
    if (below === undefined || inner === undefined) continue
    const before = isJsonObject(old) && Object.hasOwn(old, name) ? old[name] : undefined
    const isKey = !node.properties.has(name)
    visit(judge, below, { value: inner, old: before, path: isKey ? `${path}[${name}]` : path === '' ? name : `${path}.${name}` })
  }
}

function ask(judge: Judge, node: RuleNode, { value, old, path }: Place): void {
  const { engine, meter } = judge
  const self = celValue(engine, node.schema, value, node.isResource)
  const isComparable = old !== undefined && old !== null
  const oldSelf = isComparable ? celValue(engine, node.schema, old, node.isResource) : undefined
  const isUnchanged = old !== undefined && sameJson(value, old)
  for (const each of node.rules) {
    const { rule, condition, usesOldSelf } = each
    if (usesOldSelf && oldSelf === undefined && rule.optionalOldSelf !== true) continue
    // Who has not changed a value is not held responsible for what a later rule says of it.
    if (isUnchanged && !usesOldSelf) continue
    if (condition === undefined) {
      judge.errors.push(typed(path, node, `rule compile error: ${each.why}`))
      continue
    }
    const bindings: Bindings = {
      self,
      ...(rule.optionalOldSelf === true ? { oldSelf: optional(oldSelf) } : oldSelf === undefined ? {} : { oldSelf }),
    }
    try {
      const result = condition(bindings, meter)
      if (result !== true) judge.errors.push(refusal(judge, node, each, bindings, path, result))
    } catch (error) {
      if (!(error instanceof AllowanceSpent)) throw error
      judge.isSpent = true
      judge.errors.push(typed(path, node, outOfBudget))
      return
    }
  }
}

/** Kubernetes shows the type in the place of the value. */
function typed(path: string, { schema }: RuleNode, text: string): FieldError {
  return invalid(path === '' ? '<nil>' : path, schema.type ?? '', text)
}

function refusal(
  judge: Judge,
  node: RuleNode,
  ready: ReadyRule,
  bindings: Bindings,
  path: string,
  result: CelResult,
): FieldError {
  const { rule } = ready
  if (isCelError(result)) return typed(path, node, troubleText(result, rule))
  const blamed = rule.fieldPath === undefined || rule.fieldPath === '' ? path : `${path}${rule.fieldPath}`.replace(/^\./, '')
  const text = messageOf(judge, ready, bindings)
  switch (rule.reason) {
    case 'FieldValueRequired':
      return required(blamed, text)
    case 'FieldValueForbidden':
      return forbidden(blamed, text)
    case 'FieldValueDuplicate':
      return { type: 'FieldValueDuplicate', field: blamed, message: `Duplicate value: ${JSON.stringify(node.schema.type ?? '')}` }
    default:
      return typed(blamed, node, text)
  }
}

function messageOf({ meter }: Judge, { rule, message }: ReadyRule, bindings: Bindings): string {
  const made = message === undefined ? undefined : message(bindings, meter)
  if (typeof made === 'string' && made.trim() !== '' && !/[\n\r]/.test(made.trim())) return made.trim()
  return rule.message === undefined || rule.message === '' ? `failed rule: ${rule.rule.trim()}` : rule.message.trim()
}

/** What cel-go calls what went wrong: people search for its words. */
const wordings: readonly (readonly [RegExp, string])[] = [
  [/^field not found: (.*)$/, 'no such key: $1'],
  [/^index (\S+) out of bounds.*$/, 'index out of bounds: $1'],
  [/^int divide by zero$/, 'division by zero'],
  [/^found no matching overload.*$/, 'no such overload'],
]

function troubleText({ message }: { message: string }, rule: ValidationRule): string {
  const [pattern, words] = wordings.find(([each]) => each.test(message)) ?? []
  const said = pattern === undefined || words === undefined ? message : message.replace(pattern, words)
  const named = rule.message === undefined || rule.message === '' ? rule.rule.trim() : rule.message.trim()
  if (!said.startsWith('no such overload')) return `${said} evaluating rule: ${named}`
  return `'${said}': call arguments did not match a supported operator, function or macro signature for rule: ${named}`
}
