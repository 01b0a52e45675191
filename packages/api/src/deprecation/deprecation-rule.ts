// What a deprecation is: plain data, which the server's warning, the linter, its rewriting and the reference page all read.

import type { Json } from '../meta/json.ts'

/** What becomes of a manifest that still says it, from the gravest to the least. */
export const severities = ['refused', 'warned', 'inert', 'documented'] as const

/**
 * `refused`: the server does not take it. `warned`: it takes it, and answers with a warning. `inert`: it takes it, and
 * nothing comes of it. `documented`: it works; only the documentation says that it will go.
 */
export type Severity = (typeof severities)[number]

/** Kinds, in any version, and where in them the rule's path begins. */
export interface Place {
  group: string
  kinds: readonly string[]
  path: readonly string[]
}

/** How to leave it behind. Whatever is `certain` means the same afterwards, for every KubeVirt release in support. */
export type RewritePlan =
  | {
      certainty: 'certain'
      edit: 'rename'
      /** The key beside it that replaces it. */
      key: string
      values: readonly { from: Json; to: Json }[]
      /** When that key is there already: the server's words, and what the person has to do. */
      clash: { says: string; next: string }
    }
  | { certainty: 'certain'; edit: 'replace'; values: Readonly<Record<string, string>> }
  | { certainty: 'certain'; edit: 'delete' }
  | { certainty: 'ask'; next: string }

export interface DeprecationRule {
  /** Stable: baselines and reports refer to it. */
  id: string
  places: readonly Place[]
  /** From the place on. `*` is every item of a list. */
  path: readonly string[]
  /** Only these values are deprecated. Without it, and without a `replace`, any value but null is. */
  values?: readonly Json[]
  severity: Severity
  /** The KubeVirt release that deprecated it, or refuses it. */
  since: string
  replacement: string
  /**
   * The server's exact words, if it has any. `{path}` is where it stands, `{sibling}` the key that replaces it there,
   * `{value}` what is written, `{replacement}` what is to be written, `{apiVersion}` the object's.
   */
  says?: string
  rewrite: RewritePlan
  /** Why, and what changes for the person who follows. */
  explain: string
}
