// What is said about a deprecated field: the server's words, or ours where it is silent.

import type { Json } from '../meta/json.ts'
import type { DeprecationRule } from './deprecation-rule.ts'
import { type JsonPath, pathText } from './json-path.ts'

/** `path` begins at the object, not at a list around it. */
export function deprecationMessage(
  rule: DeprecationRule,
  { path, value, apiVersion }: { path: JsonPath; value: Json; apiVersion: string },
): string {
  const { rewrite, replacement } = rule
  const edit = rewrite.certainty === 'certain' ? rewrite : undefined
  const written = typeof value === 'string' ? value : JSON.stringify(value)
  const words: Readonly<Record<string, string>> = {
    path: pathText(path),
    sibling: edit?.edit === 'rename' ? pathText([...path.slice(0, -1), edit.key]) : '',
    value: written,
    replacement: edit?.edit === 'replace' ? (edit.values[written] ?? replacement) : replacement,
    apiVersion,
  }
  return (rule.says ?? ourWords(rule)).replaceAll(/\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole)
}

function ourWords({ severity, since }: DeprecationRule): string {
  if (severity === 'refused') return `{path} is refused since ${since}; instead: {replacement}`
  if (severity === 'inert') return '{path} has no effect; instead: {replacement}'
  return `{path} is deprecated since ${since}; instead: {replacement}`
}
