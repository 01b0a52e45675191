// Whether a configuration fits the schema, so far that its fields can be told apart. What else is wrong with the values is
// admission's to say. Texts as in Kubernetes.

import { isJsonObject, type Json } from '@sheaf/api/meta'
import { stepText, type Step } from './field-path.ts'
import { type FieldType, formOf, type ListType, type MapType, type ScalarType, typeOfField } from './field-type.ts'
import { goText, goType, goValue } from './go-value.ts'
import { stepOfItem, UntypedValue } from './list-step.ts'

/** `.spec.size: expected numeric (int or float), got string` */
export function checkApplied(value: Json, type: FieldType, path = ''): string[] {
  const form = formOf(type, value)
  if (value === null) return []
  switch (form.kind) {
    case 'scalar':
      return checkScalar(value, form.type).map((problem) => at(path, problem))
    case 'list':
      return Array.isArray(value) ? checkItems(value, form.type, path) : [at(path, `expected list, got ${goText(value)}`)]
    case 'map':
      return isJsonObject(value) ? checkMembers(value, form.type, path) : [at(path, `expected map, got ${goText(value)}`)]
  }
}

const at = (path: string, problem: string): string => (path === '' ? problem : `${path}: ${problem}`)

function checkScalar(value: Json, type: ScalarType): string[] {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? [] : [`expected string, got ${goValue(value)}`]
    case 'number':
      return typeof value === 'number' ? [] : [`expected numeric (int or float), got ${goType(value)}`]
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`expected boolean, got ${goText(value)}`]
    case 'any':
      return typeof value === 'object' ? [`expected any scalar, got ${goText(value)}`] : []
  }
}

function checkMembers(object: Record<string, Json | undefined>, map: MapType, path: string): string[] {
  const problems: string[] = []
  for (const [name, value] of Object.entries(object)) {
    const type = typeOfField(map, name)
    // Kubernetes stops at the first of these.
    if (type === undefined) return [...problems, at(`${path}.${name}`, 'field not declared in schema')]
    if (value !== undefined) problems.push(...checkApplied(value, type, `${path}.${name}`))
  }
  return problems
}

function checkItems(items: Json[], list: ListType, path: string): string[] {
  const problems: string[] = []
  const seen = new Set<Step>()
  for (const [index, item] of items.entries()) {
    const step = list.relation === 'atomic' ? `i:${index}` : nameOf(list, item)
    if (step instanceof UntypedValue) return [...problems, at(path, `element ${index}: ${step.message}`)]
    if (seen.has(step)) problems.push(at(path, `duplicate entries for key ${stepText(step)}`))
    seen.add(step)
    problems.push(...checkApplied(item, list.item, `${path}${stepText(step)}`))
  }
  return problems
}

function nameOf(list: ListType, item: Json): Step | UntypedValue {
  try {
    return stepOfItem(list, item)
  } catch (error) {
    if (error instanceof UntypedValue) return error
    throw error
  }
}
