// What is deprecated in a text, where it stands, and whether it can be rewritten there.

import { type Deprecation, findDeprecations } from '@sheaf/api'
import { locate, type Spot } from './locate.ts'
import { type Manifest, type Manifests, readManifests, sourceOf, type Trouble } from './read-manifests.ts'
import { spliceEdit } from './splice-edit.ts'
import type { Splice } from './splice.ts'

export type Fix = { splices: readonly Splice[] } | { why: string; next: string }

export interface Finding {
  deprecation: Deprecation
  /** Both from 1, in UTF-16 code units, as editors count. */
  line: number
  column: number
  /** The document of the text that it stands in. */
  document: number
  fix: Fix
}

export interface LintedText {
  findings: Finding[]
  troubles: readonly Trouble[]
  manifests: readonly Manifest[]
}

export interface LintScope {
  /** Only the rules of this name; all, if undefined. */
  rules?: ReadonlySet<string> | undefined
  /** Documents whose text must stay as it is, because a rewriting of them was found wanting. */
  leaveAlone?: ReadonlySet<number>
}

export function lintText(text: string, { rules, leaveAlone = new Set() }: LintScope = {}): LintedText {
  const read = readManifests(text)
  const findings = read.manifests.flatMap((manifest) =>
    findDeprecations(manifest.object)
      .filter(({ rule }) => rules === undefined || rules.has(rule.id))
      .map((deprecation) => locateFinding(read, manifest, deprecation, leaveAlone)),
  )
  return { findings: findings.toSorted(byPosition), troubles: read.troubles, manifests: read.manifests }
}

function locateFinding(read: Manifests, manifest: Manifest, deprecation: Deprecation, leaveAlone: ReadonlySet<number>): Finding {
  const spot = locate(manifest, deprecation.path)
  const { line, col } = read.lines.linePos(spot.start)
  const isLeftAlone = leaveAlone.has(manifest.index)
  const fix = isLeftAlone
    ? byHand('the document would not mean the same afterwards', deprecation)
    : fixFor(read, spot, deprecation)
  return { deprecation, line, column: col, document: manifest.index, fix }
}

function fixFor({ text, troubles }: Manifests, spot: Spot, deprecation: Deprecation): Fix {
  const { rewrite } = deprecation
  // A template says nothing yet: this reason goes before what its braces happen to mean as YAML.
  if (sourceOf(spot.value, text).includes('{{')) return byHand('its value is left to a template', deprecation)
  if (!rewrite.certain) return { why: rewrite.why, next: rewrite.next }
  if (troubles.length > 0) return byHand('other parts of the file cannot be read', deprecation)
  const splices: Splice[] = []
  for (const edit of rewrite.edits) {
    const spliced = spliceEdit(text, spot, edit)
    if ('obstacle' in spliced) return byHand(spliced.obstacle, deprecation)
    splices.push(...spliced)
  }
  return { splices }
}

function byHand(why: string, { rule }: Deprecation): Fix {
  return { why, next: `By hand: ${rule.replacement}.` }
}

function byPosition(one: Finding, other: Finding): number {
  return one.line - other.line || one.column - other.column
}
