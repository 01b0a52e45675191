// The functions that an expression may call: the language's own, its string extensions, and Kubernetes' libraries. Data, and
// the reading of it.

import type { CelType } from './declared-type.ts'

export interface Signature {
  /** Of the receiver; undefined for a function that has none. */
  target: CelType | undefined
  parameters: readonly CelType[]
  result: CelType
}

const ordered = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration']
const numbers = ['int', 'uint', 'double']
const mixed = numbers.flatMap((left) => numbers.filter((right) => right !== left).map((right) => `(${left}, ${right}): bool`))
const comparison = [...ordered.map((type) => `(${type}, ${type}): bool`), ...mixed]
const arithmetic = numbers.map((type) => `(${type}, ${type}): ${type}`)

const operators: readonly string[] = [
  '_==_(A, A): bool',
  '_!=_(A, A): bool',
  '_&&_(bool, bool): bool',
  '_||_(bool, bool): bool',
  '!_(bool): bool',
  '@not_strictly_false(bool): bool',
  '_?_:_(bool, A, A): A',
  '-_(int): int',
  '-_(double): double',
  ...['_<_', '_<=_', '_>_', '_>=_'].flatMap((operator) => comparison.map((each) => operator + each)),
  ...['_+_', '_-_', '_*_', '_/_'].flatMap((operator) => arithmetic.map((each) => operator + each)),
  '_%_(int, int): int',
  '_%_(uint, uint): uint',
  '_+_(string, string): string',
  '_+_(bytes, bytes): bytes',
  '_+_(list<A>, list<A>): list<A>',
  '_+_(timestamp, duration): timestamp',
  '_+_(duration, timestamp): timestamp',
  '_+_(duration, duration): duration',
  '_-_(timestamp, timestamp): duration',
  '_-_(timestamp, duration): timestamp',
  '_-_(duration, duration): duration',
  '@in(A, list<A>): bool',
  '@in(A, map<A, B>): bool',
  '_[_](list<A>, int): A',
  '_[_](map<A, B>, A): B',
]

const standard: readonly string[] = [
  ...['string', 'bytes', 'list<A>', 'map<A, B>'].flatMap((type) => [`size(${type}): int`, `${type}.size(): int`]),
  ...['int', 'uint', 'double', 'string', 'timestamp', 'duration'].map((type) => `int(${type}): int`),
  ...['int', 'uint', 'double', 'string'].flatMap((type) => [`uint(${type}): uint`, `double(${type}): double`]),
  ...['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'].map((type) => `string(${type}): string`),
  'bytes(string): bytes',
  'bytes(bytes): bytes',
  'bool(string): bool',
  'bool(bool): bool',
  'dyn(A): dyn',
  'type(A): type',
  'timestamp(string): timestamp',
  'timestamp(int): timestamp',
  'timestamp(timestamp): timestamp',
  'duration(string): duration',
  'duration(duration): duration',
  ...['contains', 'startsWith', 'endsWith', 'matches'].map((name) => `string.${name}(string): bool`),
  'matches(string, string): bool',
  ...['FullYear', 'Month', 'DayOfYear', 'DayOfMonth', 'Date', 'DayOfWeek'].flatMap((part) => [
    `timestamp.get${part}(): int`,
    `timestamp.get${part}(string): int`,
  ]),
  ...['Hours', 'Minutes', 'Seconds', 'Milliseconds'].flatMap((part) => [
    `timestamp.get${part}(): int`,
    `timestamp.get${part}(string): int`,
    `duration.get${part}(): int`,
  ]),
]

const texts: readonly string[] = [
  'string.charAt(int): string',
  ...['indexOf', 'lastIndexOf'].flatMap((name) => [`string.${name}(string): int`, `string.${name}(string, int): int`]),
  ...['lowerAscii', 'upperAscii', 'trim'].map((name) => `string.${name}(): string`),
  'string.replace(string, string): string',
  'string.replace(string, string, int): string',
  'string.split(string): list<string>',
  'string.split(string, int): list<string>',
  'string.substring(int): string',
  'string.substring(int, int): string',
  'list<string>.join(): string',
  'list<string>.join(string): string',
  'string.format(list<dyn>): string',
  'strings.quote(string): string',
  'string.find(string): string',
  'string.findAll(string): list<string>',
  'string.findAll(string, int): list<string>',
]

const comparable = ['int', 'uint', 'double', 'string', 'bool', 'bytes', 'timestamp', 'duration']

const lists: readonly string[] = [
  ...comparable.flatMap((type) => [
    `list<${type}>.isSorted(): bool`,
    `list<${type}>.min(): ${type}`,
    `list<${type}>.max(): ${type}`,
  ]),
  ...['int', 'uint', 'double', 'duration'].map((type) => `list<${type}>.sum(): ${type}`),
  'list<A>.indexOf(A): int',
  'list<A>.lastIndexOf(A): int',
  ...['contains', 'equivalent', 'intersects'].map((name) => `sets.${name}(list<A>, list<A>): bool`),
]

const libraries: readonly string[] = [
  'isURL(string): bool',
  'url(string): url',
  'isQuantity(string): bool',
  'quantity(string): quantity',
  ...['Scheme', 'Host', 'Hostname', 'Port', 'EscapedPath'].map((part) => `url.get${part}(): string`),
  'url.getQuery(): map<string, list<string>>',
  'quantity.isInteger(): bool',
  'quantity.asInteger(): int',
  'quantity.asApproximateFloat(): double',
  'quantity.sign(): int',
  ...['isGreaterThan', 'isLessThan'].map((name) => `quantity.${name}(quantity): bool`),
  'quantity.compareTo(quantity): int',
  ...['add', 'sub'].flatMap((name) => [`quantity.${name}(quantity): quantity`, `quantity.${name}(int): quantity`]),
  'isIP(string): bool',
  'ip(string): ip',
  'ip.family(): int',
  'ip.isCanonical(string): bool',
  'string(ip): string',
  ...['isUnspecified', 'isLoopback', 'isLinkLocalMulticast', 'isLinkLocalUnicast', 'isGlobalUnicast'].map(
    (name) => `ip.${name}(): bool`,
  ),
  'isCIDR(string): bool',
  'cidr(string): cidr',
  'cidr.ip(): ip',
  'cidr.prefixLength(): int',
  'cidr.masked(): cidr',
  ...['string', 'ip'].map((type) => `cidr.containsIP(${type}): bool`),
  ...['string', 'cidr'].map((type) => `cidr.containsCIDR(${type}): bool`),
  'isSemver(string): bool',
  'semver(string): semver',
  'semver.major(): int',
  'semver.minor(): int',
  'semver.patch(): int',
  ...['isGreaterThan', 'isLessThan'].map((name) => `semver.${name}(semver): bool`),
  'semver.compareTo(semver): int',
  'optional.hasValue(): bool',
  'optional<A>.value(): A',
  'optional<A>.orValue(A): A',
]

/** Functions whose names have a dot of their own; a receiver is never called so. */
const namespaces: ReadonlySet<string> = new Set(['sets', 'strings'])

export const signatures: ReadonlyMap<string, readonly Signature[]> = Map.groupBy(
  [...operators, ...standard, ...texts, ...lists, ...libraries].map(parse),
  ({ name }) => name,
)

function parse(text: string): Signature & { name: string } {
  const open = text.indexOf('(')
  const close = text.lastIndexOf('): ')
  const head = text.slice(0, open)
  const dot = head.lastIndexOf('.')
  const owner = dot === -1 ? '' : head.slice(0, dot)
  const isStatic = owner === '' || namespaces.has(owner) || (owner === 'ip' && head === 'ip.isCanonical')
  const inner = text.slice(open + 1, close)
  return {
    name: isStatic ? head : head.slice(dot + 1),
    target: isStatic ? undefined : parseType(owner),
    parameters: inner === '' ? [] : splitTypes(inner).map(parseType),
    result: parseType(text.slice(close + 3)),
  }
}

function splitTypes(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (const [at, letter] of Array.from(text).entries()) {
    if (letter === '<') depth++
    if (letter === '>') depth--
    if (letter !== ',' || depth > 0) continue
    parts.push(text.slice(start, at).trim())
    start = at + 1
  }
  return [...parts, text.slice(start).trim()]
}

function parseType(text: string): CelType {
  const inner = text.slice(text.indexOf('<') + 1, -1)
  if (text.startsWith('list<')) return { kind: 'list', of: parseType(inner) }
  if (text.startsWith('optional<')) return { kind: 'optional', of: parseType(inner) }
  if (text.startsWith('map<')) {
    const [key = 'dyn', of = 'dyn'] = splitTypes(inner)
    return { kind: 'map', key: parseType(key), of: parseType(of) }
  }
  if (text === 'optional') return { kind: 'optional', of: { kind: 'dyn' } }
  if (/^[A-Z]$/.test(text)) return { kind: 'parameter', name: text }
  return { kind: text } as CelType
}
