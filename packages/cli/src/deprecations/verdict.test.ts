import { type DeprecatedFieldUse, runningRule } from '@sheaf/api'
import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { parseDuration, spanText } from './duration.ts'
import { type DeprecationsReport, exitCodeOf, jsonReport, textReport } from './report.ts'
import { type Evidence, type Verdict, verdictOf } from './verdict.ts'

const dayMs = 24 * 3_600_000
const now = Date.UTC(2026, 5, 30)
const daysAgo = (days: number): string => new Date(now - days * dayMs).toISOString()

function use(days: number, client = 'kubectl'): DeprecatedFieldUse {
  return {
    apiVersion: 'sheaf.io/v1',
    kind: 'DeprecatedFieldUse',
    metadata: { name: 'running' },
    rule: 'running',
    field: 'spec.running',
    replacement: runningRule.replacement,
    resource: { group: 'kubevirt.io', version: 'v1', kind: 'VirtualMachine', plural: 'virtualmachines' },
    user: 'ada',
    client,
    objects: ['default/a', 'default/b'],
    firstSeen: daysAgo(days),
    lastSeen: daysAgo(days),
    count: 3,
  }
}

const nothing: Evidence = { uses: [], stored: 0, completeSince: daysAgo(100), unreadable: undefined }

test.each<[string, Partial<Evidence>, Verdict]>([
  ['nobody sent it and nothing is stored', {}, { kind: 'safe', since: daysAgo(100) }],
  ['it was sent long ago', { uses: [use(40)] }, { kind: 'safe', since: daysAgo(40) }],
  ['it was sent lately', { uses: [use(40), use(2, 'terraform')] }, { kind: 'sent', latest: use(2, 'terraform') }],
  ['an object is stored with it', { stored: 2 }, { kind: 'stored', objects: 2 }],
  ['the counting began lately', { completeSince: daysAgo(3) }, { kind: 'too early', since: daysAgo(3) }],
  [
    'a use was forgotten after it was seen',
    { uses: [use(40)], completeSince: daysAgo(35) },
    { kind: 'safe', since: daysAgo(35) },
  ],
  ['nobody counts', { completeSince: undefined }, { kind: 'unknown', why: 'this server does not count who sends what' }],
  ['not all could be looked at', { unreadable: 'no right' }, { kind: 'unknown', why: 'no right' }],
])('DU30 when %s', (_what, evidence, verdict) => {
  expect(verdictOf({ ...nothing, ...evidence }, 30 * dayMs, now)).toEqual(verdict)
})

function reportOf(verdict: Verdict, more: Partial<DeprecationsReport> = {}): DeprecationsReport {
  const uses = verdict.kind === 'sent' ? [verdict.latest] : []
  return {
    server: 'https://here:6443',
    completeSince: daysAgo(100),
    unusedFor: parseDuration('30d'),
    rules: [{ rule: runningRule, verdict, uses, stored: [] }],
    unreadable: [],
    ...more,
  }
}

test.each<[Verdict, number, string]>([
  [{ kind: 'sent', latest: use(2) }, 3, 'in use: sent 2 days ago by kubectl as ada'],
  [{ kind: 'stored', objects: 1 }, 3, 'in use: stored in 1 object'],
  [{ kind: 'too early', since: daysAgo(1) }, 0, 'unused for 1 day, of the 30d asked for'],
  [{ kind: 'safe', since: daysAgo(100) }, 0, 'safe to remove: unused for 100 days'],
  [{ kind: 'unknown', why: 'no right' }, 1, 'unknown: no right'],
])('DU31 %j exits with %i and says so', (verdict, code, text) => {
  expect(exitCodeOf(reportOf(verdict))).toBe(code)
  expect(textReport(reportOf(verdict), now)).toContain(`running   ${text}\n`)
  expect(JSON.parse(jsonReport(reportOf(verdict)))).toMatchObject({ rules: [{ rule: 'running', verdict: verdict.kind }] })
})

test('DU31 who sends it stands in a table, and what was not looked at below', () => {
  const unreadable = [
    { resource: { group: 'a.io', version: 'v1', plural: 'things', kind: 'Thing', scope: 'Cluster' as const }, why: 'no right' },
  ]
  const text = textReport(reportOf({ kind: 'sent', latest: use(2) }, { unreadable }), now)
  expect(text).toMatch(/^FIELD +KIND +CLIENT +USER +FIRST SEEN +LAST SEEN +COUNT +OBJECTS$/m)
  expect(text).toMatch(/^spec.running +VirtualMachine +kubectl +ada +2026-06-28T\S+ +2026-06-28T\S+ +3 +default\/a, …$/m)
  expect(text).toContain('things.a.io: no right')
})

test.each([
  ['90m', 90 * 60_000],
  ['12h', 12 * 3_600_000],
  ['30d', 30 * dayMs],
  ['2w', 14 * dayMs],
  ['0d', 0],
])('%s is a time', (text, ms) => {
  expect(parseDuration(text)).toEqual({ ms, text })
})

test.each(['', '30', 'd', '-1d', '1.5d', '30 d', 'forever'])('%j is no time, and the answer says what is', (text) => {
  expect(() => parseDuration(text)).toThrow(InvalidArgumentError)
  expect(() => parseDuration(text)).toThrow(/30d/)
})

test('a span is told in its largest unit', () => {
  expect([10, 60_000, 7_300_000, 3 * dayMs].map(spanText)).toEqual(['less than a minute', '1 minute', '2 hours', '3 days'])
})
