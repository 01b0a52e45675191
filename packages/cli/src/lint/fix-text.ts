// Rewrites what is certain, and proves that the text means what was intended before anybody sees it.

import { isDeepStrictEqual } from 'node:util'
import { applyEdits } from '@sheaf/api'
import type { Json } from '@sheaf/api/meta'
import { type Finding, lintText, type LintedText, type LintScope } from './lint-text.ts'
import { applySplices, withoutOverlaps } from './splice.ts'

export interface FixedText {
  text: string
  /** As they stood in the old text. */
  fixed: Finding[]
  /** What is left in the new one. */
  remaining: LintedText
}

/** Fields that stand side by side and all go need a pass each. No rule set has more neighbours than this. */
const maxPasses = 8

export function fixText(text: string, scope: LintScope = {}): FixedText {
  const before = lintText(text, scope)
  const after = splice(text, before, scope)
  const wrong = changedOtherwise(before, after.remaining)
  if (wrong.size === 0) return { ...after, fixed: before.findings.filter(isFixable) }
  const leaveAlone = new Set([...(scope.leaveAlone ?? []), ...wrong])
  // Each round leaves at least one more document alone, so this ends.
  if (leaveAlone.size === scope.leaveAlone?.size) return { text, fixed: [], remaining: before }
  return fixText(text, { ...scope, leaveAlone })
}

export function isFixable({ fix }: Finding): boolean {
  return 'splices' in fix
}

function splice(text: string, before: LintedText, scope: LintScope): { text: string; remaining: LintedText } {
  let current = { text, remaining: before }
  for (let pass = 0; pass < maxPasses; pass += 1) {
    const groups = current.remaining.findings.flatMap(({ fix }) => ('splices' in fix ? [fix.splices] : []))
    if (groups.length === 0) break
    const spliced = applySplices(current.text, withoutOverlaps(groups))
    current = { text: spliced, remaining: lintText(spliced, scope) }
  }
  return current
}

/** The documents that do not mean what the edits of their objects say. */
function changedOtherwise(before: LintedText, after: LintedText): Set<number> {
  const found = new Map(after.manifests.map(({ index, object }) => [index, object]))
  const edits = Map.groupBy(before.findings.filter(isFixable), ({ document }) => document)
  const wrong = before.manifests.filter(({ index, object }) => {
    const wanted = (edits.get(index) ?? []).flatMap(({ deprecation: { rewrite } }) => (rewrite.certain ? rewrite.edits : []))
    return !isDeepStrictEqual(found.get(index), applyEdits(object as Json, wanted))
  })
  return new Set(wrong.map(({ index }) => index))
}
