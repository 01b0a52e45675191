import { applyEdits, findDeprecations, isJsonObject } from '@sheaf/api'
import type { Json } from '@sheaf/api/meta'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { refused, rewritten, sides } from './fix-cases.fixture.ts'
import { fixText } from './fix-text.ts'
import { lintText } from './lint-text.ts'

describe('--fix changes exactly the marked bytes', () => {
  it.each(rewritten)('%s', (_, marked) => {
    const { before, after } = sides(marked)
    expect(before).not.toBe(after)
    const first = fixText(before)
    expect(first.text).toBe(after)
    expect(first.fixed.length).toBeGreaterThan(0)
    expect(first.remaining.findings).toEqual([])
    const second = fixText(first.text)
    expect(second.text).toBe(after)
    expect(second.fixed).toEqual([])
  })

  it.each(rewritten)('%s: means what the edits of its objects say', (_, marked) => {
    const { before, after } = sides(marked)
    const read = (text: string) =>
      parseAllDocuments(text.replaceAll('\t', ' '), { version: '1.1' }).map((each) => each.toJS() as Json)
    const wanted = read(before).map((object) =>
      applyEdits(
        object,
        findDeprecations(object).flatMap(({ rewrite }) => (rewrite.certain ? rewrite.edits : [])),
      ),
    )
    expect(read(after)).toEqual(wanted)
  })
})

describe('--fix leaves what is not certain, and says why', () => {
  it.each(refused)('%s', (_, text, reason) => {
    const { text: after, fixed, remaining } = fixText(text)
    expect(after).toBe(text)
    expect(fixed).toEqual([])
    const reasons = remaining.findings.map(({ fix }) => ('why' in fix ? fix.why : 'it would be rewritten'))
    expect(reasons).toContainEqual(expect.stringContaining(reason))
    for (const { fix } of remaining.findings) expect('next' in fix && fix.next).toMatch(/\.$/)
  })
})

it('what is certain is rewritten beside what is not', () => {
  const machine = (spec: string) => `apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nspec: ${spec}\n`
  const text = [machine('{running: true}'), machine('{running: &a true}'), machine('{running: false}')].join('---\n')
  const { text: after, fixed, remaining } = fixText(text)
  expect(after).toBe(
    [machine('{runStrategy: Always}'), machine('{running: &a true}'), machine('{runStrategy: Halted}')].join('---\n'),
  )
  expect([fixed.length, remaining.findings.length]).toEqual([2, 1])
})

it('ten thousand documents are rewritten in one run, each in its place', () => {
  const marked = Array.from({ length: 10_000 }, (_, index) => {
    const isMachine = index % 3 > 0
    const spec = isMachine
      ? `[[running=>runStrategy]]: ${index % 2 === 0 ? '[[true=>Always]]' : '[[false=>Halted]]'}`
      : 'running: true'
    return `apiVersion: kubevirt.io/v1\nkind: ${isMachine ? 'VirtualMachine' : 'Other'}\nmetadata: {name: vm-${index}} # ${index}\nspec:\n  ${spec}\n`
  }).join('---\n')
  const { before, after } = sides(marked)
  const { text, fixed } = fixText(before)
  expect(text === after).toBe(true)
  expect(fixed).toHaveLength(6_666)
})

it('findings point at the key: its line, and its column in UTF-16 code units', () => {
  const text = 'apiVersion: kubevirt.io/v1\r\nkind: VirtualMachine\r\nspec: {"😀": 1, running: true}\r\n'
  expect(lintText(text).findings.map(({ line, column }) => [line, column])).toEqual([[3, 17]])
})

it.each([
  [
    'a duplicate key',
    'apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nspec:\n  running: true\n  running: false\n',
    'unreadable',
    5,
  ],
  ['a missing bracket', 'a: [1\n', 'unreadable', 2],
  ['an alias without anchor', 'a: *b\n', 'unreadable', 1],
  ['a tab as indentation', 'spec:\n\trunning: true\n', 'unreadable', 2],
  ['a template around fields', 'spec:\n  {{- if .Values.on }}\n  running: true\n  {{- end }}\n', 'skipped', 2],
  ['a templated Kind', 'apiVersion: v1\nkind: {{ .Values.kind }}\nspec:\n  running: true\n', 'skipped', 2],
])('what cannot be looked at is named: %s', (_, text, kind, line) => {
  const { troubles } = lintText(text)
  expect(troubles[0]).toMatchObject({ kind, line })
  expect(troubles[0]?.reason).not.toBe('')
})

it('a bomb of aliases is named, not followed', () => {
  const levels = Array.from(
    { length: 12 },
    (_, index) => `a${index + 1}: &a${index + 1} [${Array.from({ length: 9 }, () => `*a${index}`).join(', ')}]`,
  )
  const { troubles } = lintText(`a0: &a0 [x]\n${levels.join('\n')}\n`)
  expect(troubles).toMatchObject([{ kind: 'unreadable' }])
})

it('what is nested deeper than the parser can follow is named', () => {
  const depth = 50_000
  expect(lintText(`a: ${'['.repeat(depth)}${']'.repeat(depth)}\n`)).toMatchObject({
    findings: [],
    troubles: [{ kind: 'unreadable' }],
  })
})

it('only the rules that were asked for are looked at and rewritten', () => {
  const text = 'apiVersion: kubevirt.io/v1alpha3\nkind: VirtualMachine\nspec: {running: true}\n'
  const scope = { rules: new Set(['running']) }
  expect(fixText(text, scope).text).toBe('apiVersion: kubevirt.io/v1alpha3\nkind: VirtualMachine\nspec: {runStrategy: Always}\n')
  expect(lintText(text, scope).findings).toHaveLength(1)
})

it('the cases are what they claim: at least fifty that are rewritten, and objects in each', () => {
  expect(rewritten.length).toBeGreaterThan(50)
  for (const [name, marked] of rewritten) {
    expect(
      lintText(sides(marked).before).manifests.some(({ object }) => isJsonObject(object)),
      name,
    ).toBe(true)
  }
})
