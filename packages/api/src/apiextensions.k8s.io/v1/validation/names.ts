// What a custom resource may be called. Pure.

import { dnsLabelFinding, type FieldError, invalid, required } from '../../../meta/index.ts'
import type { CustomResourceNames } from '../custom-resource-definition.ts'

export function nameErrors(names: CustomResourceNames, path: string): FieldError[] {
  const { plural, singular = '', kind, listKind = '', shortNames = [], categories = [] } = names
  return [
    ...labelErrors(`${path}.plural`, plural),
    ...labelErrors(`${path}.singular`, singular),
    ...kindErrors(`${path}.kind`, kind),
    ...kindErrors(`${path}.listKind`, listKind),
    ...shortNames.flatMap((name, index) => labelErrors(`${path}.shortNames[${index}]`, name)),
    ...(kind !== '' && kind === listKind ? [invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same')] : []),
    ...categories.flatMap((name, index) => labelErrors(`${path}.categories[${index}]`, name)),
  ]
}

function labelErrors(path: string, name: string): FieldError[] {
  if (name === '') return [required(path)]
  const finding = dns1035Finding(name)
  return finding === undefined ? [] : [invalid(path, name, finding)]
}

function kindErrors(path: string, kind: string): FieldError[] {
  if (kind === '') return [required(path)]
  const finding = dns1035Finding(kind.toLowerCase())
  const why = `may have mixed case, but should otherwise match: ${finding}`
  return finding === undefined ? [] : [invalid(path, kind, why)]
}

/** RFC 1035 label: begins with a letter. */
export function dns1035Finding(text: string): string | undefined {
  if (text.length <= 63 && dnsLabelFinding(text) === undefined && /^[a-z]/.test(text)) return undefined
  if (text.length > 63) return 'must be no more than 63 bytes'
  return `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`
}
