// Label selectors: `a=b,c!=d,e in (x,y),!f,g>3`. Pure.

import { badRequest } from '@sheaf/api/meta'
import { labelKeyProblems, labelValueProblems } from '../name-rules.ts'

export type LabelRequirement =
  | { operator: 'in' | 'notin'; key: string; values: ReadonlySet<string> }
  | { operator: 'exists' | 'absent'; key: string }
  | { operator: 'above' | 'below'; key: string; bound: number }

export type LabelSelector = readonly LabelRequirement[]

/** One requirement: a set, a key alone, or a comparison. Values end before a comma or a bracket. */
const setForm = /^([^\s=!<>(),]+)\s+(in|notin)\s*\(([^()]*)\)$/
const keyForm = /^(!?)\s*([^\s=!<>(),]+)$/
const comparisonForm = /^([^\s=!<>(),]+)\s*(==|=|!=|>|<)\s*([^\s=!<>(),]*)$/

/** Throws BadRequest for text that is no selector. */
export function parseLabelSelector(text: string): LabelSelector {
  if (text.trim() === '') return []
  return splitOutsideBrackets(text).map((part) => parseRequirement(part.trim()))
}

export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>> | undefined): boolean {
  return selector.every((requirement) => isMet(requirement, labelOf(labels, requirement.key)))
}

function labelOf(labels: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
}

function isMet(requirement: LabelRequirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case 'in':
      return value !== undefined && requirement.values.has(value)
    case 'notin':
      return value === undefined || !requirement.values.has(value)
    case 'exists':
      return value !== undefined
    case 'absent':
      return value === undefined
    case 'above':
      return (wholeNumber(value) ?? Number.NaN) > requirement.bound
    case 'below':
      return (wholeNumber(value) ?? Number.NaN) < requirement.bound
  }
}

function wholeNumber(value: string | undefined): number | undefined {
  return value !== undefined && /^-?\d+$/.test(value) ? Number(value) : undefined
}

function splitOutsideBrackets(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++
    if (text[at] === ')') depth--
    if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}

function parseRequirement(text: string): LabelRequirement {
  const requirement = readSet(text) ?? readKey(text) ?? readComparison(text)
  if (requirement === undefined) throw unparsable(`found '${text}', expected: a key, or a key with =, !=, in, notin, > or <`)
  const problems = labelKeyProblems(requirement.key).map((problem) => `key: Invalid value: "${requirement.key}": ${problem}`)
  if ('values' in requirement) {
    for (const value of requirement.values) {
      for (const problem of labelValueProblems(value)) {
        problems.push(`values[0][${requirement.key}]: Invalid value: "${value}": ${problem}`)
      }
    }
  }
  if (problems.length > 0) throw unparsable(problems.join('; '))
  return requirement
}

function unparsable(why: string): Error {
  return badRequest(`unable to parse requirement: ${why}`)
}

function readSet(text: string): LabelRequirement | undefined {
  const [, key, operator, list] = setForm.exec(text) ?? []
  if (key === undefined || list === undefined) return undefined
  const values = new Set(list.split(',').map((value) => value.trim()))
  return { operator: operator === 'in' ? 'in' : 'notin', key, values }
}

function readKey(text: string): LabelRequirement | undefined {
  const [, not, key] = keyForm.exec(text) ?? []
  return key === undefined ? undefined : { operator: not === '!' ? 'absent' : 'exists', key }
}

function readComparison(text: string): LabelRequirement | undefined {
  const [, key, operator, value] = comparisonForm.exec(text) ?? []
  if (key === undefined || value === undefined) return undefined
  if (operator === '>' || operator === '<') {
    const bound = wholeNumber(value)
    if (bound !== undefined) return { operator: operator === '>' ? 'above' : 'below', key, bound }
    throw unparsable(`values[0]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`)
  }
  return { operator: operator === '!=' ? 'notin' : 'in', key, values: new Set([value]) }
}
