// Field selectors: `metadata.name=a,status.phase!=Running`. Pure.

import { badRequest, type ResourceDefinition } from '@sheaf/api/meta'

interface FieldRequirement {
  field: string
  operator: '=' | '!='
  value: string
}

export type FieldSelector = readonly FieldRequirement[]

/** Throws BadRequest for text that is no selector. Whether the fields exist is `checkFields`' question. */
export function parseFieldSelector(text: string): FieldSelector {
  return splitUnescaped(text, /,/)
    .filter((term) => term !== '')
    .map(parseTerm)
}

/** Throws BadRequest for a field that this resource cannot be selected by. */
export function checkFields(definition: ResourceDefinition, selector: FieldSelector): void {
  for (const { field } of selector) {
    if (!isSelectable(definition, field)) throw badRequest(`field label not supported: ${field}`)
  }
}

export function matchesFields(selector: FieldSelector, fields: Readonly<Record<string, string>>): boolean {
  return selector.every(({ field, operator, value }) => (fields[field] === value) === (operator === '='))
}

/** The one value that a selector allows a field to have, if it does. */
export function onlyValue(selector: FieldSelector, field: string): string | undefined {
  return selector.find((requirement) => requirement.field === field && requirement.operator === '=')?.value
}

function isSelectable({ selectableFields }: ResourceDefinition, field: string): boolean {
  return field === 'metadata.name' || field === 'metadata.namespace' || Object.hasOwn(selectableFields, field)
}

function parseTerm(term: string): FieldRequirement {
  const match = /^((?:[^\\=!]|\\.)*)(!=|==|=)(.*)$/s.exec(term)
  const [, field, operator, value] = match ?? []
  if (field === undefined || value === undefined) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`)
  if (/(?:^|[^\\])(?:\\\\)*=/.test(value)) throw badRequest(`invalid field selector: unescaped '=' in '${value}'`)
  return { field, operator: operator === '!=' ? '!=' : '=', value: unescape(value) }
}

/** Splits where the separator stands without a backslash before it. */
function splitUnescaped(text: string, separator: RegExp): string[] {
  const parts: string[] = ['']
  for (const piece of text.match(/\\.|[^]/gs) ?? []) {
    if (separator.test(piece) && piece.length === 1) parts.push('')
    else parts[parts.length - 1] += piece
  }
  return parts
}

function unescape(value: string): string {
  return value.replace(/\\([\\,=])/g, '$1')
}
