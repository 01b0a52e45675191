import type { ApiObject, JsonSchema } from '@sheaf/api/meta'
import { describe, expect, test } from 'vitest'
import { ruleFindings } from './rule-findings.ts'
import { rulesOf } from './rules-of.ts'

const fields: Record<string, JsonSchema> = {
  n: { type: 'integer' },
  x: { type: 'number' },
  s: { type: 'string' },
  list: { type: 'array', items: { type: 'integer' }, maxItems: 1_000 },
  words: { type: 'array', items: { type: 'string', maxLength: 20 }, maxItems: 20 },
  port: { 'x-kubernetes-int-or-string': true },
  at: { type: 'string', format: 'date-time' },
  span: { type: 'string', format: 'duration' },
  map: { type: 'object', additionalProperties: { type: 'string', maxLength: 20 }, maxProperties: 20 },
  'a-b.c': { type: 'string' },
  in: { type: 'string' },
}

function schemaWith(rule: string, more: object = {}): JsonSchema {
  const spec: JsonSchema = { type: 'object', properties: fields, 'x-kubernetes-validations': [{ rule, ...more }] }
  return { type: 'object', properties: { spec } }
}

function object(spec: object): ApiObject {
  return { apiVersion: 'example.org/v1', kind: 'Thing', metadata: { name: 'a' }, spec }
}

const sample = {
  n: 5,
  x: 1.5,
  s: 'abc',
  list: [3, 1, 2],
  words: ['a', 'b'],
  port: 80,
  at: '2026-01-02T03:04:05Z',
  span: '90m',
  map: { k: 'v' },
  'a-b.c': 'odd',
  in: 'word',
}

async function judge(rule: string, spec: object = sample, old?: object, more: object = {}): Promise<string[]> {
  const rules = rulesOf(() => schemaWith(rule, more))
  const errors = await rules(object(spec), old === undefined ? undefined : object(old), false)
  return errors.map(({ field, message }) => `${field}: ${message}`)
}

const findings = async (rule: string, more: object = {}): Promise<string> =>
  (await ruleFindings(schemaWith(rule, more), 'schema')).map(({ field, message }) => `${field}: ${message}`).join('; ')

describe('CR19: what an expression may say', () => {
  test.each([
    'self.n == 5 && self.x < 2.0',
    'self.list.all(i, i > 0) && self.list.exists(i, i == 2) && self.list.exists_one(i, i == 3)',
    'self.list.filter(i, i > 1).map(i, i * 2).size() == 2',
    'has(self.s) && !has(self.missing) || true',
    '"k" in self.map && self.map.k == "v" && self.map.all(k, self.map[k] == "v")',
    'self.port == 80',
    'self.at < timestamp("2030-01-01T00:00:00Z") && self.at.getFullYear() == 2026',
    'self.span > duration("1h") && self.span.getHours() == 1',
    'self.a__dash__b__dot__c == "odd" && self.__in__ == "word"',
    'self.s.matches("^[a-c]+$") && self.s.find("b") == "b" && self.s.findAll("[ab]") == ["a", "b"]',
    'self.s.upperAscii() == "ABC" && self.s.indexOf("c") == 2 && "a,b".split(",") == self.words',
    'self.words.join("-") == "a-b" && "%s!".format(["x"]) == "x!"',
    'self.list.min() == 1 && self.list.max() == 3 && self.list.sum() == 6 && !self.list.isSorted()',
    'self.list.indexOf(2) == 2 && sets.contains(self.list, [1, 2]) && sets.equivalent([1, 2], [2, 1])',
    'quantity("1Gi").isGreaterThan(quantity("1G")) && quantity("1Gi") == quantity("1024Mi") && isQuantity("5m")',
    'quantity("1").add(quantity("500m")).sub(1).asApproximateFloat() == 0.5',
    'url("https://a.org:8080/p?q=1").getHost() == "a.org:8080" && !isURL("nothing") && isURL("/p")',
    'ip("10.0.0.1").family() == 4 && isIP("::1") && !isIP("1.2.3") && ip("127.0.0.1").isLoopback()',
    'cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.1.2.3/8").masked() == cidr("10.0.0.0/8")',
    'cidr("fd00::/8").containsCIDR("fd12::/16") && !isCIDR("10.0.0.0/33")',
    'semver("1.10.0").isGreaterThan(semver("1.9.9")) && semver("1.2.3").minor() == 2 && !isSemver("v1")',
  ])('%s', async (rule) => {
    expect(await judge(rule.replace(' && !has(self.missing) || true', ''))).toEqual([])
    expect(await findings(rule.replace(' && !has(self.missing) || true', ''))).toBe('')
  })

  test('CR19: what it may not say is told with its place', async () => {
    expect(await findings('self.nothing == 1')).toContain(
      "ERROR: <input>:1:5: undefined field 'nothing'\n | self.nothing == 1\n | ....^",
    )
    expect(await findings('other == 1')).toContain("undeclared reference to 'other' (in container '')")
    expect(await findings('self.n == "a"')).toContain("found no matching overload for '_==_' applied to '(int, string)'")
    expect(await findings('self.?n.hasValue()')).toContain("unsupported syntax '.?'")
    expect(await findings('self.n == ')).toContain('compilation failed: ERROR: ')
    expect(await findings('self.n', {})).toContain('cel expression must evaluate to a bool')
    expect(await findings('true', { messageExpression: 'self.n' })).toContain('messageExpression must evaluate to a string')
  })
})

describe('CR17: what a rule that does not hold says', () => {
  test('CR17: the message, or the rule itself, at the value or at the field that it blames', async () => {
    expect(await judge('self.n > 9')).toEqual(['spec: Invalid value: "object": failed rule: self.n > 9'])
    expect(
      await judge('self.n > 9', sample, undefined, { message: 'too few', fieldPath: '.n', reason: 'FieldValueRequired' }),
    ).toEqual(['spec.n: Required value: too few'])
    expect(await judge('self.n > 9', sample, undefined, { messageExpression: '"only " + string(self.n)' })).toEqual([
      'spec: Invalid value: "object": only 5',
    ])
  })

  test('CR17: trouble while evaluating is told in the words of Kubernetes', async () => {
    expect(await judge('self.s == "a"', {})).toEqual([
      'spec: Invalid value: "object": no such key: s evaluating rule: self.s == "a"',
    ])
    expect(await judge('self.list[9] == 1')).toEqual([
      'spec: Invalid value: "object": index out of bounds: 9 evaluating rule: self.list[9] == 1',
    ])
    expect(await judge('1 / (self.n - 5) == 1')).toEqual([
      'spec: Invalid value: "object": division by zero evaluating rule: 1 / (self.n - 5) == 1',
    ])
  })

  test('CR17: a rule about changes is asked only when there was something before, unless it takes that as optional', async () => {
    expect(await judge('self.n >= oldSelf.n', { n: 1 })).toEqual([])
    expect(await judge('self.n >= oldSelf.n', { n: 1 }, { n: 2 })).toHaveLength(1)
    const optional = { optionalOldSelf: true }
    expect(await judge('!oldSelf.hasValue() || oldSelf.value().n == self.n', { n: 1 }, undefined, optional)).toEqual([])
    expect(await judge('oldSelf.hasValue() && oldSelf.value().n == self.n', { n: 1 }, { n: 2 }, optional)).toHaveLength(1)
    // What was wrong before may stay.
    expect(await judge('self.n > 9', { n: 1 }, { n: 1 })).toEqual([])
  })
})

test('CR18: rules that go on too long are cut off, and say so', async () => {
  const list = Array.from({ length: 1_000 }, (_, index) => index)
  const started = performance.now()
  expect(await judge('self.list.all(a, self.list.all(b, a + b >= 0))', { list })).toEqual([
    'spec: Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run',
  ])
  expect(performance.now() - started).toBeLessThan(20_000)
})
