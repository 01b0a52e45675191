// Numbered rules and tests cover each other: a rule of docs/spec without a test fails, and so does a test that cites
// a rule which is not there.

import { expect, it } from 'vitest'
import { readText, repositoryFiles, sourceFiles } from './repository.ts'

const specs = repositoryFiles().filter((path) => /^docs\/spec\/.*\.md$/.test(path))
/** A rule stands at the start of a line, list item or table cell: `- **ST3** …`, `**ST3.** …`, `| RS1 | …`. */
const rulesIn = (text: string): string[] =>
  [...text.matchAll(/^\s*(?:[-|]\s+\*{0,2}|\*\*)([A-Z]{2}\d+)\b/gm)].map((match) => match[1] ?? '')
const rules = specs.flatMap((path) => rulesIn(readText(path)))
const prefixes = new Set(rules.map((rule) => rule.slice(0, 2)))
const tests = sourceFiles((path) => path.endsWith('.test.ts') || /conformance|^test\/differential\/cases\//.test(path)).filter(
  (file) => !file.path.startsWith('test/arch/'),
)
const cited = new Set(
  tests.flatMap((file) => [...file.text.matchAll(/['"`|\s,(]([A-Z]{2}\d+)\b/g)].map((match) => match[1] ?? '')),
)

it('every rule has its own number', () => {
  expect(rules.length).toBeGreaterThan(30)
  expect(rules.filter((rule, index) => rules.indexOf(rule) !== index)).toEqual([])
})

it('every rule has a test', () => {
  expect(rules.filter((rule) => !cited.has(rule))).toEqual([])
})

it('every number that a test cites is a rule', () => {
  expect([...cited].filter((number) => prefixes.has(number.slice(0, 2)) && !rules.includes(number))).toEqual([])
})
