// What `sheaf deprecations` found out, and how it is told.

import { type DeprecatedFieldUse, type Deprecation, type DeprecationRule, fieldText, obstacleToRewrite } from '@sheaf/api'
import type { ResourceName } from '@sheaf/api/client'
import { aligned } from '../aligned.ts'
import { objectName } from '../migrate-storage/change-text.ts'
import { type Duration, spanText } from './duration.ts'
import type { Unreadable } from '@sheaf/api/client'
import type { Verdict } from './verdict.ts'

export interface RuleReport {
  rule: DeprecationRule
  verdict: Verdict
  uses: DeprecatedFieldUse[]
  stored: Deprecation[]
}

export interface DeprecationsReport {
  server: string
  /** Undefined where the server does not count. */
  completeSince: string | undefined
  unusedFor: Duration
  rules: RuleReport[]
  unreadable: readonly Unreadable[]
}

/** 0 nothing is in use, 3 something is, 1 that cannot be said. */
export function exitCodeOf({ rules, unreadable }: DeprecationsReport): 0 | 1 | 3 {
  const has = (...kinds: Verdict['kind'][]): boolean => rules.some(({ verdict }) => kinds.includes(verdict.kind))
  if (has('sent', 'stored')) return 3
  return unreadable.length > 0 || has('unknown') ? 1 : 0
}

export function jsonReport({ server, completeSince, unusedFor, rules, unreadable }: DeprecationsReport): string {
  const report = {
    server,
    completeSince: completeSince ?? null,
    unusedFor: unusedFor.text,
    rules: rules.map(({ rule, verdict, uses, stored }) => ({
      rule: rule.id,
      severity: rule.severity,
      replacement: rule.replacement,
      verdict: verdict.kind,
      ...('since' in verdict ? { unusedSince: verdict.since } : {}),
      ...('why' in verdict ? { why: verdict.why } : {}),
      uses: uses.map(({ field, resource, user, client, userAgent, objects, firstSeen, lastSeen, count }) => {
        return { field, resource, user, client, userAgent, objects, firstSeen, lastSeen, count }
      }),
      stored: stored.map((found) => {
        return { ...found.object, field: fieldText(found.path), value: found.value, migratable: isMigratable(found) }
      }),
    })),
    notLookedAt: unreadable.map(({ resource, why }) => ({ resource: resourceText(resource), why })),
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

/** A terminal's worth: what is in the way is clear by then, and -o json has all. */
const mostStoredLines = 20

export function textReport(report: DeprecationsReport, nowMs: number): string {
  const uses = report.rules.flatMap((each) => each.uses)
  const stored = report.rules.flatMap((each) => each.stored)
  return [
    ...section('Sent', uses.length === 0 ? [] : [aligned([useHeader, ...uses.map(useCells)])]),
    ...section(
      'Stored',
      stored.length === 0 ? [] : [aligned([storedHeader, ...stored.slice(0, mostStoredLines).map(storedCells)])],
    ),
    ...(stored.length > mostStoredLines ? [`… and ${stored.length - mostStoredLines} more: -o json`, ''] : []),
    ...section('Can it go?', [
      aligned(report.rules.map((each) => [each.rule.id, verdictText(each.verdict, nowMs, report.unusedFor)])),
    ]),
    ...section(
      'Not looked at',
      report.unreadable.map(({ resource, why }) => `${resourceText(resource)}: ${why}`),
    ),
    report.completeSince === undefined
      ? `${report.server} does not count who sends what; only Sheaf's own server does.`
      : `Counted since ${report.completeSince}.`,
    '',
  ].join('\n')
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines, '']
}

const useHeader = ['FIELD', 'KIND', 'CLIENT', 'USER', 'FIRST SEEN', 'LAST SEEN', 'COUNT', 'OBJECTS']

function useCells({ field, resource, client, user, firstSeen, lastSeen, count, objects = [] }: DeprecatedFieldUse): string[] {
  const [first = '', ...others] = objects
  const shown = others.length === 0 ? first : `${first}, …`
  return [field, resource.kind, client, user, firstSeen, lastSeen, String(count), shown]
}

const storedHeader = ['FIELD', 'OBJECT', 'VALUE', 'REWRITTEN BY']

function storedCells(found: Deprecation): string[] {
  const { path, object, value } = found
  return [fieldText(path), objectName(object), JSON.stringify(value), isMigratable(found) ? 'sheaf migrate-storage' : 'hand']
}

const isMigratable = (found: Deprecation): boolean => obstacleToRewrite(found) === undefined

function verdictText(verdict: Verdict, nowMs: number, unusedFor: Duration): string {
  const ago = (time: string): string => spanText(nowMs - Date.parse(time))
  switch (verdict.kind) {
    case 'sent': {
      const { client, user, lastSeen } = verdict.latest
      return `in use: sent ${ago(lastSeen)} ago by ${client} as ${user}`
    }
    case 'stored':
      return `in use: stored in ${verdict.objects} object${verdict.objects === 1 ? '' : 's'}`
    case 'too early':
      return `unused for ${ago(verdict.since)}, of the ${unusedFor.text} asked for`
    case 'safe':
      return `safe to remove: unused for ${ago(verdict.since)}`
    case 'unknown':
      return `unknown: ${verdict.why}`
    default:
      return verdict satisfies never
  }
}

function resourceText({ plural, group }: ResourceName): string {
  return group === '' ? plural : `${plural}.${group}`
}
