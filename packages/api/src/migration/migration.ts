// What a release rewrites in the store: named, in an order, and able to take it back.

import type { FieldChange } from '../deprecation/field-change.ts'
import type { ApiObject } from '../meta/index.ts'

export interface Migration {
  /** Stable: release.yaml, journals and reports name it. */
  name: string
  /** Where there may be something to rewrite. */
  concerns: readonly { group: string; kinds: readonly string[] }[]
  /** Pure. Nothing to change and nothing left: the object is none of its business, or done already. */
  rewrite(object: ApiObject): Rewriting
}

export interface Rewriting {
  changes: readonly FieldChange[]
  /** What it cannot rewrite, why, and what somebody should do. */
  left: readonly { why: string; next: string }[]
}
