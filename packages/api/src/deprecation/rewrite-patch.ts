// What is stored, said anew: the certain rewrites of an object as a JSON patch that only holds for the very state it was
// made from.

import { isJsonObject, type Json } from '../meta/json.ts'
import { type Deprecation, findDeprecations } from './find-deprecations.ts'
import type { JsonPath } from './json-path.ts'
import type { PathEdit } from './path-edit.ts'

export interface StoredRewrite {
  /** Undefined when there is nothing that can be done. */
  patch: Json[] | undefined
  rewritten: Deprecation[]
  left: { deprecation: Deprecation; why: string; next: string }[]
}

/** `object` as the server gave it, with its resourceVersion. */
export function rewriteStored(object: unknown, rules?: ReadonlySet<string>): StoredRewrite {
  const found = findDeprecations(object).filter(({ rule }) => rules === undefined || rules.has(rule.id))
  const rewritten: Deprecation[] = []
  const left: StoredRewrite['left'] = []
  const operations: Json[] = []
  for (const deprecation of found) {
    const obstacle = obstacleToRewrite(deprecation)
    if (obstacle !== undefined) left.push({ deprecation, ...obstacle })
    else if (deprecation.rewrite.certain) {
      rewritten.push(deprecation)
      for (const edit of deprecation.rewrite.edits) operations.push(...operationsOf(edit, deprecation.value))
    }
  }
  if (operations.length === 0) return { patch: undefined, rewritten, left }
  const test = { op: 'test', path: '/metadata/resourceVersion', value: resourceVersionOf(object) }
  return { patch: [test, ...operations], rewritten, left }
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

/** Each begins with a test of what it changes: the resourceVersion says the same, and this says why. */
function operationsOf(edit: PathEdit, value: Json): Json[] {
  const path = pointer(edit.path)
  const test = { op: 'test', path, value }
  switch (edit.op) {
    case 'delete':
      return [test, { op: 'remove', path }]
    case 'set':
      return [test, { op: 'replace', path, value: edit.value }]
    case 'rename':
      return [
        test,
        { op: 'remove', path },
        { op: 'add', path: pointer([...edit.path.slice(0, -1), edit.key]), value: edit.value },
      ]
    default:
      return edit satisfies never
  }
}

/** RFC 6901. */
function pointer(path: JsonPath): string {
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function resourceVersionOf(object: unknown): string {
  const metadata = isJsonObject(object as Json) ? (object as { metadata?: { resourceVersion?: unknown } }).metadata : undefined
  if (typeof metadata?.resourceVersion === 'string') return metadata.resourceVersion
  throw new Error('an object without a resourceVersion was not read from a server')
}
