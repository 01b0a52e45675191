// Findings that are known and tolerated, so that CI can say: no new use.

import { readFileSync } from 'node:fs'
import { pathText } from '@sheaf/api'
import { isJsonObject, type Json } from '@sheaf/api/meta'
import { CommandError } from '../connection.ts'
import type { FileFinding } from './report/lint-report.ts'

/** How often each finding is known. */
export type Baseline = ReadonlyMap<string, number>

/** What stays the same when lines move: file, rule, object and field. */
export function fingerprint({ file, deprecation: { rule, object, path } }: FileFinding): string {
  const { apiVersion, kind, namespace = '', name } = object
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  return [file.replace(/^\.\//, ''), rule.id, `${kind}.${group}`, `${namespace}/${name}`, pathText(path)].join(' | ')
}

/** One line a finding, sorted: readable in a review, and two branches merge. */
export function baselineText(findings: readonly FileFinding[]): string {
  return `${JSON.stringify({ version: 1, known: findings.map(fingerprint).toSorted() }, null, 2)}\n`
}

export function readBaseline(path: string): Baseline {
  const known = new Map<string, number>()
  for (const each of parse(path)) known.set(each, (known.get(each) ?? 0) + 1)
  return known
}

function parse(path: string): string[] {
  const wrong = (why: string) =>
    new CommandError(`the baseline "${path}" ${why}. Make one with: sheaf lint --write-baseline ${path} PATH…`, 2)
  let read: Json
  try {
    read = JSON.parse(readFileSync(path, 'utf8')) as Json
  } catch (error) {
    throw wrong(`cannot be read (${(error as Error).message})`)
  }
  const known = isJsonObject(read) && read['version'] === 1 ? read['known'] : undefined
  if (!Array.isArray(known) || !known.every((each) => typeof each === 'string')) throw wrong('is none of ours')
  return known
}

/** Tells the new findings from the known ones. */
export function compareWithBaseline(
  findings: readonly FileFinding[],
  baseline: Baseline,
): { findings: FileFinding[]; tolerated: number; gone: number } {
  const left = new Map(baseline)
  const unknown = findings.filter((finding) => {
    const key = fingerprint(finding)
    const count = left.get(key) ?? 0
    left.set(key, Math.max(0, count - 1))
    return count === 0
  })
  return {
    findings: unknown,
    tolerated: findings.length - unknown.length,
    gone: left.values().reduce((sum, count) => sum + count, 0),
  }
}
