// What is stored, said anew: the certain rewrites of an object as a JSON patch that only holds for the very state it was
// made from.

import { isJsonObject, type Json } from '../meta/json.ts'
import { changePatch, changesOf, type FieldChange } from './field-change.ts'
import { type Deprecation, findDeprecations } from './find-deprecations.ts'

export interface StoredRewrite {
  /** Undefined when there is nothing that can be done. */
  patch: Json[] | undefined
  /** What the patch does, field by field. */
  changes: FieldChange[]
  rewritten: Deprecation[]
  left: { deprecation: Deprecation; why: string; next: string }[]
}

/** `object` as the server gave it, with its resourceVersion. */
export function rewriteStored(object: unknown, rules?: ReadonlySet<string>): StoredRewrite {
  const found = findDeprecations(object).filter(({ rule }) => rules === undefined || rules.has(rule.id))
  const rewritten: Deprecation[] = []
  const left: StoredRewrite['left'] = []
  const changes: FieldChange[] = []
  for (const deprecation of found) {
    const obstacle = obstacleToRewrite(deprecation)
    if (obstacle !== undefined) left.push({ deprecation, ...obstacle })
    else if (deprecation.rewrite.certain) {
      rewritten.push(deprecation)
      for (const edit of deprecation.rewrite.edits) changes.push(...changesOf(edit, deprecation.value))
    }
  }
  return { patch: changes.length === 0 ? undefined : patchOfState(object, changes), changes, rewritten, left }
}

/** The changes as a patch that only holds for the object as it was read. */
export function patchOfState(object: unknown, changes: readonly FieldChange[]): Json[] {
  return [{ op: 'test', path: '/metadata/resourceVersion', value: resourceVersionOf(object) }, ...changePatch(changes)]
}

/** Why it cannot be rewritten where it is stored, and what to do instead. */
export function obstacleToRewrite({ rewrite, path }: Deprecation): { why: string; next: string } | undefined {
  if (!rewrite.certain) return { why: rewrite.why, next: rewrite.next }
  const [root] = path
  if (root === 'apiVersion' || root === 'kind') {
    return {
      why: 'the version is how it is asked for, not what is stored',
      next: 'Write the new version in manifests: sheaf lint --fix.',
    }
  }
  if (root === 'status') {
    return {
      why: 'it stands in a status, which only its controller writes',
      next: 'Leave it: it is a record of what once was. Make a new one when the old is no longer needed.',
    }
  }
  return undefined
}

function resourceVersionOf(object: unknown): string {
  const metadata = isJsonObject(object as Json) ? (object as { metadata?: { resourceVersion?: unknown } }).metadata : undefined
  if (typeof metadata?.resourceVersion === 'string') return metadata.resourceVersion
  throw new Error('an object without a resourceVersion was not read from a server')
}
