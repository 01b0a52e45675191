// From a rule and the place where it holds to edits, or to the reason why a person has to look.

import { isJsonObject, type Json } from '../meta/json.ts'
import type { DeprecationRule, RewritePlan } from './deprecation-rule.ts'
import type { JsonPath } from './json-path.ts'
import type { PathEdit } from './path-edit.ts'

export type Rewrite =
  | { certain: true; edits: readonly PathEdit[] }
  /** `why` it cannot be done for you, and what to do `next` by hand. */
  | { certain: false; why: string; next: string }

/** What is written, and in which object it stands. */
export interface Occurrence {
  path: JsonPath
  value: Json
  parent: Json
}

export function planRewrite({ rewrite, replacement }: DeprecationRule, { path, value, parent }: Occurrence): Rewrite {
  if (rewrite.certainty === 'ask') return { certain: false, why: 'what replaces it needs a decision', next: rewrite.next }
  switch (rewrite.edit) {
    case 'delete':
      return { certain: true, edits: [{ op: 'delete', path }] }
    case 'replace': {
      const renamed = typeof value === 'string' ? rewrite.values[value] : undefined
      return renamed === undefined
        ? { certain: false, why: 'the value is none of the known ones', next: `Use ${replacement}.` }
        : { certain: true, edits: [{ op: 'set', path, value: renamed }] }
    }
    case 'rename':
      return planRename(rewrite, { path, value, parent })
    default:
      return rewrite satisfies never
  }
}

function planRename(plan: Extract<RewritePlan, { edit: 'rename' }>, { path, value, parent }: Occurrence): Rewrite {
  const clash = clashOf(plan, parent)
  if (clash !== undefined) return { certain: false, why: clash.says, next: clash.next }
  if (isJsonObject(parent) && Object.hasOwn(parent, plan.key)) {
    return { certain: false, why: `${plan.key} stands beside it without a value`, next: `Delete the empty ${plan.key} first.` }
  }
  const pair = plan.values.find(({ from }) => from === value)
  if (pair !== undefined) return { certain: true, edits: [{ op: 'rename', path, key: plan.key, value: pair.to }] }
  const known = plan.values.map(({ from }) => JSON.stringify(from)).join(' or ')
  return { certain: false, why: `${JSON.stringify(value)} is not ${known}`, next: `Write ${plan.key} yourself.` }
}

/** What is to be said when the key that replaces it has a value as well. */
export function clashOf(plan: RewritePlan, parent: Json): { says: string; next: string } | undefined {
  if (plan.certainty === 'ask' || plan.edit !== 'rename' || !isJsonObject(parent)) return undefined
  return (parent[plan.key] ?? null) === null ? undefined : plan.clash
}
