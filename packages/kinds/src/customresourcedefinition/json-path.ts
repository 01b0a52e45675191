// The paths that columns and selectors are written in: `.status.conditions[?(@.type=="Ready")].status`. Pure.

import { type ApiObject, isJsonObject, type Json } from '@sheaf/api/meta'

type Step =
  | { kind: 'field'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'all' }
  | { kind: 'filter'; path: readonly Step[]; operator: string; value: Json | undefined }

/** All that the path leads to; nothing for a path that cannot be read. */
export function valuesAt(object: ApiObject, path: string): Json[] {
  // An ApiObject is JSON.
  return (stepsOf(path) ?? noSteps).reduce<Json[]>(
    (values, step) => values.flatMap((value) => taken(step, value)),
    [object as unknown as Json],
  )
}

const noSteps: readonly Step[] = [{ kind: 'filter', path: [], operator: 'never', value: undefined }]

/** The one value that the path leads to, as a selector compares it: empty where there is none. */
export function textAt(object: ApiObject, path: string): string {
  const [value] = valuesAt(object, path)
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value)
}

const known = new Map<string, readonly Step[] | undefined>()

/** More paths than any set of definitions has; then it begins anew. */
const maxKnown = 10_000

function stepsOf(path: string): readonly Step[] | undefined {
  if (known.has(path)) return known.get(path)
  if (known.size === maxKnown) known.clear()
  const steps = parse(path)
  known.set(path, steps)
  return steps
}

// One step: .name (with \. for a dot in it), ['name'], [1], [*] or [?(filter)].
const stepPattern =
  /\.?((?:[^.[\]\\'"]|\\.)+)|\.?\[\s*'((?:[^'\\]|\\.)*)'\s*\]|\.?\[\s*"((?:[^"\\]|\\.)*)"\s*\]|\.?\[\s*(-?\d+)\s*\]|\.?\[\s*\*\s*\]|\.?\[\?\(([^)]*)\)\]/y

function parse(path: string): Step[] | undefined {
  const steps: Step[] = []
  let at = 0
  while (at < path.length) {
    stepPattern.lastIndex = at
    const match = stepPattern.exec(path)
    const step = match === null ? undefined : stepOf(match)
    if (match === null || step === undefined) return undefined
    steps.push(step)
    at += match[0].length
  }
  return steps
}

function stepOf([, plain, single, double, index, filter]: RegExpExecArray): Step | undefined {
  const name = plain ?? single ?? double
  if (name === '*') return { kind: 'all' }
  if (name !== undefined) return { kind: 'field', name: name.replace(/\\(.)/g, '$1') }
  if (index !== undefined) return { kind: 'index', index: Number(index) }
  return filter === undefined ? { kind: 'all' } : filterOf(filter)
}

function filterOf(text: string): Step | undefined {
  const match = /^\s*@(\S*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*$/.exec(text)
  const [, path, operator = 'exists', literal] = match ?? []
  if (path === undefined) return undefined
  const steps = parse(path)
  return steps === undefined ? undefined : { kind: 'filter', path: steps, operator, value: literalOf(literal) }
}

function literalOf(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined
  if (/^'.*'$/.test(text)) return text.slice(1, -1)
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

function taken(step: Step, value: Json): Json[] {
  switch (step.kind) {
    case 'field': {
      const inner = isJsonObject(value) && Object.hasOwn(value, step.name) ? value[step.name] : undefined
      return inner === undefined ? [] : [inner]
    }
    case 'index': {
      const inner = Array.isArray(value) ? value.at(step.index) : undefined
      return inner === undefined ? [] : [inner]
    }
    case 'all':
      return itemsOf(value)
    case 'filter':
      return itemsOf(value).filter((item) => passes(step, item))
  }
}

function itemsOf(value: Json): Json[] {
  if (Array.isArray(value)) return value
  return isJsonObject(value) ? Object.values(value).filter((each) => each !== undefined) : []
}

function passes({ path, operator, value }: Extract<Step, { kind: 'filter' }>, item: Json): boolean {
  const [found] = path.reduce<Json[]>((values, step) => values.flatMap((each) => taken(step, each)), [item])
  if (operator === 'exists') return found !== undefined
  if (found === undefined || value === undefined || typeof found !== typeof value) return false
  return compares(operator, found as string | number, value as string | number)
}

function compares(operator: string, left: string | number, right: string | number): boolean {
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    default:
      return false
  }
}
