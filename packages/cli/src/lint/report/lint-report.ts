// What a run of `sheaf lint` found out: the one thing that every format prints.

import { type PathEdit, type Severity, severities } from '@sheaf/api'
import type { Finding } from '../lint-text.ts'
import type { Trouble } from '../read-manifests.ts'

export interface FileFinding extends Finding {
  file: string
}
export interface FileTrouble extends Trouble {
  file: string
}

export interface LintReport {
  /** Everything that was looked at. */
  files: readonly string[]
  /** Neither rewritten nor known to the baseline. */
  findings: readonly FileFinding[]
  troubles: readonly FileTrouble[]
  /** Rewritten in this run. */
  fixed: number
  /** Known to the baseline. */
  tolerated: number
  /** In the baseline, and no longer anywhere. */
  gone: number
  level: Severity
}

/** 0 clean, 1 findings at or above the level, 2 something could not be read. */
export function exitCodeOf({ findings, troubles, level }: LintReport): 0 | 1 | 2 {
  if (troubles.some(({ kind }) => kind === 'unreadable')) return 2
  return findings.some(({ deprecation }) => isAtLeast(deprecation.severity, level)) ? 1 : 0
}

export function isAtLeast(severity: Severity, level: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(level)
}

/** `VirtualMachine shop/web` */
export function objectText({ deprecation: { object } }: Finding): string {
  return `${object.kind} ${object.namespace === undefined ? '' : `${object.namespace}/`}${object.name}`.trimEnd()
}

/** What to do about it, in a sentence. */
export function adviceText({ fix, deprecation: { rewrite } }: Finding): string {
  if (!('splices' in fix)) return `not rewritten: ${fix.why}. ${fix.next}`
  return `--fix ${(rewrite.certain ? rewrite.edits : []).map(editText).join(', ')}`
}

function editText(edit: PathEdit): string {
  if (edit.op === 'delete') return 'deletes it'
  const value = typeof edit.value === 'string' ? edit.value : JSON.stringify(edit.value)
  return edit.op === 'rename' ? `writes ${edit.key}: ${value}` : `writes ${value}`
}
