// What happens to fields that nobody knows and to fields that are sent twice: refused, warned about, or ignored.

import type { StatusError } from '@sheaf/api/meta'
import type { FieldValidation } from './registry.ts'

interface Reader {
  fieldValidation: FieldValidation
  warn: (text: string) => void
}

/** `refuse` makes the refusal from `strict decoding error: unknown field "spec.a", duplicate field "spec.b"`. */
export function applyFieldValidation(reader: Reader, issues: readonly string[], refuse: (why: string) => StatusError): void {
  if (issues.length === 0 || reader.fieldValidation === 'Ignore') return
  if (reader.fieldValidation === 'Strict') throw refuse(`strict decoding error: ${strictText(issues)}`)
  for (const issue of issues) reader.warn(issue)
}

/** What is wrong with YAML comes in the words of its reader, together. */
function strictText(issues: readonly string[]): string {
  const ofYaml = issues.filter((issue) => /^line \d+: /.test(issue))
  const others = issues.filter((issue) => !ofYaml.includes(issue))
  const yaml = ofYaml.length === 0 ? [] : [`yaml: unmarshal errors:\n${ofYaml.map((issue) => `  ${issue}`).join('\n')}`]
  return [...yaml, ...others].join(', ')
}

export function unknownFieldIssue(path: string): string {
  return `unknown field "${path}"`
}
