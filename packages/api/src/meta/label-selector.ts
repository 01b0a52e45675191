// Label selectors as in `kubectl get -l`: `app=web,tier in (a,b),!old,weight>3`. A comma means and.

import { fieldErrorText, invalid } from './field-error.ts'
import { labelValueFinding, qualifiedNameFinding } from './name-rules.ts'
import { badRequest } from './status-error.ts'

export type LabelRequirement =
  | { key: string; operator: 'in' | 'notin'; values: readonly string[] }
  | { key: string; operator: 'exists' | 'absent' }
  | { key: string; operator: 'gt' | 'lt'; value: bigint }

export type LabelSelector = readonly LabelRequirement[]

/** Kubernetes' object form, as in a spec. */
export interface LabelSelectorObject {
  matchLabels?: Record<string, string>
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[]
}

type Labels = Readonly<Record<string, string>>

export function matchesLabels(selector: LabelSelector, labels: Labels | undefined): boolean {
  return selector.every((requirement) => meets(requirement, labels ?? {}))
}

function meets(requirement: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined
    case 'absent':
      return value === undefined
    case 'in':
      return value !== undefined && requirement.values.includes(value)
    case 'notin':
      return value === undefined || !requirement.values.includes(value)
    case 'gt':
      return value !== undefined && integer.test(value) && BigInt(value) > requirement.value
    case 'lt':
      return value !== undefined && integer.test(value) && BigInt(value) < requirement.value
  }
}

const integer = /^-?\d{1,18}$/

const objectOperators: ReadonlyMap<string, LabelRequirement['operator']> = new Map([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', 'absent'],
])

/** The empty object selects everything. */
export function labelSelectorOf(selector: LabelSelectorObject): LabelSelector {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => requirementOf(key, 'in', [value]))
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => {
    const name = objectOperators.get(operator)
    if (name === undefined) throw badRequest(`"${operator}" is not a valid label selector operator`)
    return requirementOf(key, name, values ?? [])
  })
  return [...equal, ...expressions]
}

/** Throws a 400 with Kubernetes' words. */
export function parseLabelSelector(text: string): LabelSelector {
  const tokens = new Tokens(text)
  const requirements: LabelRequirement[] = []
  while (!tokens.isAtEnd()) {
    requirements.push(parseRequirement(tokens))
    if (tokens.isAtEnd()) break
    const separator = tokens.take()
    if (separator !== ',') throw badRequest(`found '${separator}', expected: ',' or 'end of string'`)
    const next = tokens.peek()
    if (next !== '!' && !isWord(next)) throw badRequest(`found '${next}', expected: identifier after ','`)
  }
  return requirements
}

function parseRequirement(tokens: Tokens): LabelRequirement {
  try {
    if (tokens.peek() === '!') {
      tokens.take()
      return requirementOf(takeWord(tokens), 'absent', [])
    }
    const key = takeWord(tokens)
    if (tokens.isAtEnd() || tokens.peek() === ',') return requirementOf(key, 'exists', [])
    const operator = operators.get(tokens.peek())
    if (operator === undefined) {
      throw new Error(`found '${tokens.peek()}', expected: in, notin, =, ==, !=, gt, lt`)
    }
    const sign = tokens.take()
    return requirementOf(key, operator, sign === 'in' || sign === 'notin' ? takeValues(tokens) : [takeValue(tokens)])
  } catch (error) {
    throw badRequest(`unable to parse requirement: ${(error as Error).message}`)
  }
}

const operators: ReadonlyMap<string, LabelRequirement['operator']> = new Map([
  ['=', 'in'],
  ['==', 'in'],
  ['!=', 'notin'],
  ['in', 'in'],
  ['notin', 'notin'],
  ['>', 'gt'],
  ['<', 'lt'],
])

function requirementOf(key: string, operator: LabelRequirement['operator'], values: readonly string[]): LabelRequirement {
  const keyFinding = qualifiedNameFinding(key)
  // The nameless path is Kubernetes' own: a selector in a URL is no field.
  if (keyFinding !== undefined) throw new Error(fieldErrorText(invalid('<nil>', key, keyFinding)))
  for (const [index, value] of values.entries()) {
    const finding = labelValueFinding(value)
    if (finding !== undefined) throw new Error(fieldErrorText(invalid(`values[${index}][${key}]`, value, finding)))
  }
  switch (operator) {
    case 'exists':
    case 'absent':
      return { key, operator }
    case 'in':
    case 'notin':
      if (values.length === 0) {
        throw new Error(`values: Invalid value: []string{}: for 'in', 'notin' operators, values set can't be empty`)
      }
      return { key, operator, values }
    case 'gt':
    case 'lt': {
      const value = values[0] ?? ''
      if (!integer.test(value)) {
        throw new Error(fieldErrorText(invalid('values[0]', value, `for 'Gt', 'Lt' operators, the value must be an integer`)))
      }
      return { key, operator, value: BigInt(value) }
    }
  }
}

function takeWord(tokens: Tokens): string {
  const word = tokens.take()
  if (!isWord(word)) throw new Error(`found '${word}', expected: identifier`)
  return word
}

/** `a=` and `a=,b` ask for the empty value. */
function takeValue(tokens: Tokens): string {
  return tokens.isAtEnd() || tokens.peek() === ',' ? '' : takeWord(tokens)
}

function takeValues(tokens: Tokens): string[] {
  const opening = tokens.take()
  if (opening !== '(') throw new Error(`found '${opening}' expected: '('`)
  const values = new Set<string>()
  if (tokens.peek() === ')') {
    tokens.take()
    return []
  }
  for (;;) {
    values.add(isWord(tokens.peek()) ? tokens.take() : '')
    const next = tokens.take()
    if (next === ')') return [...values]
    if (next !== ',') throw new Error(`found '${next}', expected: ',' or ')'`)
  }
}

const isWord = (token: string): boolean => token !== '' && !/^[=!(),<>]/.test(token)

/** The text in words and signs; the empty string stands for its end. */
class Tokens {
  readonly #tokens: readonly string[]
  #next = 0

  constructor(text: string) {
    this.#tokens = text.match(/==|!=|[=!(),<>]|[^\s=!(),<>]+/g) ?? []
  }

  peek(): string {
    return this.#tokens[this.#next] ?? ''
  }

  take(): string {
    const token = this.peek()
    this.#next += 1
    return token
  }

  isAtEnd(): boolean {
    return this.#next >= this.#tokens.length
  }
}
