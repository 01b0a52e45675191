// How one field is found in an object, step by step, in the words of `fieldsV1`: `f:spec`, `k:{"name":"web"}` for an
// element of a list with keys, `v:"x"` for an element of a set, `i:0` for a place. Pure.

import { isJsonObject, type Json, type JsonObject } from '@sheaf/api/meta'

export type Step = string
export type FieldPath = readonly Step[]

export const fieldStep = (name: string): Step => `f:${name}`
export const valueStep = (value: Json): Step => `v:${JSON.stringify(value)}`

export function keyStep(keys: JsonObject): Step {
  return `k:${JSON.stringify(Object.fromEntries(Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1))))}`
}

/** The one spelling of a step that somebody else wrote. Throws for what is no step. */
export function canonicalStep(text: string): Step {
  const rest = text.slice(2)
  switch (text.slice(0, 2)) {
    case 'f:':
      return text
    case 'v:':
      return valueStep(JSON.parse(rest) as Json)
    case 'k:': {
      const keys: unknown = JSON.parse(rest)
      if (isJsonObject(keys)) return keyStep(keys)
      break
    }
    case 'i:':
      if (/^-?\d+$/.test(rest)) return `i:${Number(rest)}`
  }
  throw new Error(`${JSON.stringify(text)} names no field`)
}

/** `.spec.ports[name="web"].port`, as messages show it. */
export function pathText(path: FieldPath): string {
  return path.map(stepText).join('')
}

export function stepText(step: Step): string {
  const rest = step.slice(2)
  switch (step.slice(0, 2)) {
    case 'f:':
      return `.${rest}`
    case 'v:':
      return `[=${rest}]`
    case 'k:': {
      const keys = Object.entries(JSON.parse(rest) as JsonObject)
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`
    }
    default:
      return `[${rest}]`
  }
}

/** Kubernetes' order: fields, then keys, values and places, each among their like. */
const sorts = 'fkvi'

export function compareSteps(a: Step, b: Step): number {
  // Nearly all are fields, and these are ordered as their texts are.
  if (a.startsWith('f') && b.startsWith('f')) return a < b ? -1 : a > b ? 1 : 0
  const bySort = sorts.indexOf(a.charAt(0)) - sorts.indexOf(b.charAt(0))
  if (bySort !== 0) return bySort
  const [x, y] = [orderedForm(a), orderedForm(b)]
  if (typeof x === 'number' && typeof y === 'number') return x - y
  return String(x) < String(y) ? -1 : String(x) > String(y) ? 1 : 0
}

function orderedForm(step: Step): string | number {
  const rest = step.slice(2)
  if (step.startsWith('i:')) return Number(rest)
  if (!step.startsWith('v:')) return rest
  const value = JSON.parse(rest) as Json
  return typeof value === 'number' || typeof value === 'string' ? value : rest
}
