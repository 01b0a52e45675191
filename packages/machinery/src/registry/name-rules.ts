// What names, labels and finalizers may look like, with Kubernetes' texts: people and tests know them. Pure.

import type { ResourceDefinition } from '@sheaf/api/meta'

const labelForm = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomainForm = `${labelForm}(\\.${labelForm})*`
const qualifiedForm = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelValueForm = `(${qualifiedForm})?`

const maxLabel = 63
const maxSubdomain = 253

const subdomain = new RegExp(`^${subdomainForm}$`)
const label = new RegExp(`^${labelForm}$`)
const qualified = new RegExp(`^${qualifiedForm}$`)
const labelValue = new RegExp(`^${labelValueForm}$`)

const subdomainText = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomainForm}')`
const labelText = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${labelForm}')`
const labelValueText = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValueForm}')`
const qualifiedText = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedForm}')`

const lengthText = (limit: number): string => `must be no more than ${limit} bytes`

export function nameProblems(rule: ResourceDefinition['nameRule'], name: string): string[] {
  switch (rule) {
    case 'subdomain':
      return problemsOf(name, maxSubdomain, subdomain, subdomainText)
    case 'label':
      return problemsOf(name, maxLabel, label, labelText)
    case 'path-segment':
      return pathSegmentProblems(name)
  }
}

/** What no name may be, because it must stand in a path. */
export function pathSegmentProblems(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((character) => name.includes(character)).map((character) => `may not contain '${character}'`)
}

export function labelValueProblems(value: string): string[] {
  return problemsOf(value, maxLabel, labelValue, labelValueText)
}

/** A label's key, an annotation's key, a finalizer: `name` or `example.com/name`. */
export function labelKeyProblems(key: string): string[] {
  const parts = key.split('/')
  if (parts.length > 2) {
    return [`a qualified name ${qualifiedText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const name = parts.at(-1) ?? ''
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined
  const prefixProblems =
    prefix === undefined ? [] : prefix === '' ? ['must be non-empty'] : problemsOf(prefix, maxSubdomain, subdomain, subdomainText)
  const nameProblems = name === '' ? ['must be non-empty'] : problemsOf(name, maxLabel, qualified, qualifiedText)
  return [...prefixProblems.map((problem) => `prefix part ${problem}`), ...nameProblems.map((problem) => `name part ${problem}`)]
}

function problemsOf(text: string, limit: number, form: RegExp, formText: string): string[] {
  // A longer text is not even matched: the expressions are quick, but nobody has to try that on 3 MiB.
  if (text.length > limit) return [lengthText(limit)]
  return form.test(text) ? [] : [formText]
}
