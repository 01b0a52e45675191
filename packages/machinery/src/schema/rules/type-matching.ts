// Whether given types are what a function takes. Pure.

import type { CelType } from './declared-type.ts'

type Bindings = ReadonlyMap<string, CelType>

/** What the parameters of a signature stand for; undefined when it does not take these types. */
export function bindParameters(wanted: readonly CelType[], given: readonly CelType[]): Bindings | undefined {
  if (wanted.length !== given.length) return undefined
  let bound: Bindings | undefined = new Map()
  for (const [index, type] of wanted.entries()) {
    const actual = given[index]
    bound = bound === undefined || actual === undefined ? undefined : bind(type, actual, bound)
  }
  return bound
}

function bind(wanted: CelType, given: CelType, bound: Bindings): Bindings | undefined {
  if (wanted.kind === 'parameter') return bindOne(wanted.name, given, bound)
  if (given.kind === 'dyn' || wanted.kind === 'dyn') return bound
  if (wanted.kind === 'list' && given.kind === 'list') return bind(wanted.of, given.of, bound)
  if (wanted.kind === 'optional' && given.kind === 'optional') return bind(wanted.of, given.of, bound)
  if (wanted.kind === 'map' && given.kind === 'map') {
    const withKey = bind(wanted.key, given.key, bound)
    return withKey === undefined ? undefined : bind(wanted.of, given.of, withKey)
  }
  return wanted.kind === given.kind && wanted.kind !== 'object' ? bound : undefined
}

function bindOne(name: string, given: CelType, bound: Bindings): Bindings | undefined {
  const before = bound.get(name)
  if (before === undefined) return new Map(bound).set(name, given)
  return isSame(before, given) ? new Map(bound).set(name, joinTypes(before, given)) : undefined
}

/** `null` may be compared with anything that can be absent, and what is only known when it is there with everything. */
function isSame(a: CelType, b: CelType): boolean {
  if (a.kind === 'dyn' || b.kind === 'dyn' || a.kind === 'null_type' || b.kind === 'null_type') return true
  if (a.kind === 'list' && b.kind === 'list') return isSame(a.of, b.of)
  if (a.kind === 'optional' && b.kind === 'optional') return isSame(a.of, b.of)
  if (a.kind === 'map' && b.kind === 'map') return isSame(a.key, b.key) && isSame(a.of, b.of)
  if (a.kind === 'object' && b.kind === 'object') return a.fields === b.fields || a.name === b.name
  return a.kind === b.kind
}

/** A type that both are of; the better known one where one of them is known less. */
export function joinTypes(a: CelType, b: CelType): CelType {
  if (a.kind === 'dyn' || a.kind === 'null_type') return b
  if (b.kind === 'dyn' || b.kind === 'null_type') return a
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', of: joinTypes(a.of, b.of) }
  return isSame(a, b) ? a : { kind: 'dyn' }
}

export function substitute(type: CelType, bound: Bindings): CelType {
  switch (type.kind) {
    case 'parameter':
      return bound.get(type.name) ?? { kind: 'dyn' }
    case 'list':
    case 'optional':
      return { ...type, of: substitute(type.of, bound) }
    case 'map':
      return { ...type, key: substitute(type.key, bound), of: substitute(type.of, bound) }
    default:
      return type
  }
}

export function typeName(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${typeName(type.of)})`
    case 'map':
      return `map(${typeName(type.key)}, ${typeName(type.of)})`
    case 'optional':
      return `optional_type(${typeName(type.of)})`
    case 'object':
    case 'parameter':
      return type.name
    case 'timestamp':
    case 'duration':
      return `google.protobuf.${type.kind === 'timestamp' ? 'Timestamp' : 'Duration'}`
    default:
      return type.kind
  }
}
