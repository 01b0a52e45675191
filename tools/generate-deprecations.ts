// Writes docs/reference/deprecations.md from the rules, so that the page cannot say anything else. Run it after changing a
// rule: node tools/generate-deprecations.ts

import { writeFileSync } from 'node:fs'
import { deprecationMessage, type DeprecationRule, deprecationRules, pathText, type Severity, severities } from '@sheaf/api'

export const pageFile = new URL('../docs/reference/deprecations.md', import.meta.url)

const meanings: Readonly<Record<Severity, string>> = {
  refused: 'The server does not take it.',
  warned: 'The server takes it and answers with a warning (HTTP `Warning: 299`).',
  inert: 'The server takes it, and nothing comes of it.',
  documented: 'It works; only the documentation says that it will go.',
}

export function deprecationsPage(): string {
  const sections = severities.map((severity) => deprecationRules.filter((rule) => rule.severity === severity).map(ruleText))
  return [
    '<!-- Made by tools/generate-deprecations.ts from packages/api/src/deprecation. Do not edit. -->',
    '# Deprecated fields',
    'What KubeVirt has deprecated among the fields that people write. `sheaf lint` finds them in manifests, `sheaf lint --fix` rewrites what is certain, and the server warns in the same words.',
    ...severities.flatMap((severity, index) => [`## ${severity}`, meanings[severity], ...(sections[index] ?? [])]),
  ]
    .join('\n\n')
    .concat('\n')
}

function ruleText(rule: DeprecationRule): string {
  const places = rule.places.flatMap(({ group, kinds, path }) =>
    kinds.map(
      (kind) => `- ${kind}${group === '' ? '' : ` (${group})`}: \`${pathText([...path, ...rule.path])}${valuesText(rule)}\``,
    ),
  )
  return [`### ${rule.id}`, rule.explain, places.join('\n'), facts(rule).join('\n')].join('\n\n')
}

function valuesText(rule: DeprecationRule): string {
  const values = valuesOf(rule)
  return values.length === 0 ? '' : `: ${values.join(', ')}`
}

function valuesOf({ values = [], rewrite }: DeprecationRule): string[] {
  const isReplace = rewrite.certainty === 'certain' && rewrite.edit === 'replace'
  return isReplace
    ? Object.keys(rewrite.values)
    : values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
}

/** The server's words for the first place and value that the rule names. */
function exampleOf(rule: DeprecationRule): string {
  const [place] = rule.places
  const path = [...(place?.path ?? []), ...rule.path]
  return deprecationMessage(rule, { path, value: valuesOf(rule)[0] ?? true, apiVersion: `${place?.group}/v1` })
}

function facts(rule: DeprecationRule): string[] {
  const { since, replacement, says, rewrite } = rule
  return [
    `- since ${since}; instead: ${replacement}`,
    ...(says === undefined ? [] : [`- the server says: \`${exampleOf(rule)}\``]),
    rewrite.certainty === 'certain' ? '- `--fix` rewrites it' : `- by hand: ${rewrite.next}`,
  ]
}

if (import.meta.main) writeFileSync(pageFile, deprecationsPage())
