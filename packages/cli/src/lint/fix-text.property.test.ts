// Whatever stands around a machine stays as it is, byte for byte.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { sides } from './fix-cases.fixture.ts'
import { fixText } from './fix-text.ts'

const key = fc
  .stringMatching(/^[a-zA-Z][\w./-]{0,12}$/)
  .filter((name) => !/^(running|runStrategy|template|kind|apiVersion|items|y|n)$/i.test(name))
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    'running: true',
    'running: true\n',
    'spec:\n  running: true\n---\n',
    '# running: true',
    'yes',
    '😀\n\n  x: *y',
    '{{x}}'.slice(2),
  ),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 3 }, text, fc.boolean(), fc.integer(), fc.constant(null), tie('list'), tie('map')),
  list: fc.array(tie('any'), { maxLength: 3 }),
  map: fc.dictionary(fc.oneof(key, fc.constant('running')), tie('any'), { maxKeys: 3 }),
})).any

const style = fc.record({
  indent: fc.integer({ min: 1, max: 6 }),
  indentSeq: fc.boolean(),
  lineWidth: fc.constantFrom(0, 30, 80),
  collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
  defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
})
const comment = fc.constantFrom('', ' # running: true', '\t# why', '   ', ' # 日本 😀')
const ownLine = fc.constantFrom('', '# running: false\n', '\n', '  # é\n', '\n\n')

/** A field as YAML, indented below `spec`. The brackets that mark changes must not occur. */
const field = fc.tuple(key, value, style, ownLine).map(([name, content, options, before]) => {
  const lines = stringify({ [name]: content }, { version: '1.1', ...options })
    .trimEnd()
    .split('\n')
  return `${before}${lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n`
})
const running = fc
  .tuple(
    fc.constantFrom('true=>Always', 'yes=>Always', 'ON=>Always', 'false=>Halted', 'no=>Halted', 'Off=>Halted'),
    fc.constantFrom('', '"', "'"),
    comment,
    ownLine,
  )
  .map(([words, quote, behind, before]) => {
    const [from = '', to = ''] = words.split('=>')
    return `${before}  ${quote}[[running=>runStrategy]]${quote}: [[${from}=>${quote}${to}${quote}]]${behind}\n`
  })

const uniqueFields = fc
  .array(field, { maxLength: 4 })
  .map((fields) => [
    ...new Map(fields.map((each) => [/^\s*['"]?([^'":]+)/m.exec(each.replaceAll(/^\s*#.*$/gm, ''))?.[1], each])).values(),
  ])
const machine = fc.tuple(uniqueFields, running, fc.nat(), comment).map(([fields, wanted, at, behind]) => {
  const position = at % (fields.length + 1)
  return `apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata:\n  name: web${behind}\nspec:\n${fields.toSpliced(position, 0, wanted).join('')}`
})
const other = fc
  .tuple(value, style)
  .map(([content, options]) => stringify({ kind: 'ConfigMap', apiVersion: 'v1', spec: content }, { version: '1.1', ...options }))
const file = fc
  .tuple(
    fc.array(fc.oneof(machine, other), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('---\n', '...\n---\n', '--- # next\n'),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([documents, separator, isWindows, hasFinalNewline]) => {
    const whole = documents.join(separator)
    const ended = hasFinalNewline ? whole : whole.replace(/\n$/, '')
    return isWindows ? ended.replaceAll('\n', '\r\n') : ended
  })

it('everything outside the edit stays the same, and a second run changes nothing', () => {
  let changed = 0
  fc.assert(
    fc.property(file, (marked) => {
      const { before, after } = sides(marked)
      const first = fixText(before)
      fc.pre(first.remaining.troubles.length === 0)
      changed += first.fixed.length
      expect(first.text).toBe(after)
      expect(fixText(first.text).text).toBe(after)
    }),
    { numRuns: 400 },
  )
  expect(changed).toBeGreaterThan(100)
})

it('no text makes it fail, or change what it did not announce', () => {
  const pieces = fc.constantFrom(
    'running: true',
    'spec:',
    '  ',
    '\n',
    '- ',
    '{',
    '}',
    '[',
    '&a ',
    '*a',
    '<<: ',
    '|',
    '"',
    "'",
    ': ',
    '#',
    '---\n',
    'kind: VirtualMachine\n',
    'apiVersion: kubevirt.io/v1\n',
    '\t',
    '{{',
    ', ',
  )
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 30 }).map((each) => each.join('')),
      (before) => {
        const { text: after, fixed } = fixText(before)
        if (fixed.length === 0) expect(after).toBe(before)
        expect(fixText(after).text).toBe(after)
      },
    ),
    { numRuns: 2_000 },
  )
})
