// What names, keys and labels may look like, in Kubernetes' words. Each function gives what is wrong, or nothing.

type Finding = string | undefined

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = String.raw`${label}(\.${label})*`
const dns1035Label = '[a-z]([-a-z0-9]*[a-z0-9])?'
const dns1035Pattern = new RegExp(`^${dns1035Label}$`)
const labelPattern = new RegExp(`^${label}$`)
const subdomainPattern = new RegExp(`^${subdomain}$`)
const configKeyPattern = /^[-._a-zA-Z0-9]+$/
const qualifiedNamePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

const tooLong = (limit: number) => `must be no more than ${limit} characters`

/** RFC 1123 label: what a namespace or a disk is called. */
export function dnsLabelFinding(text: string): Finding {
  if (text.length > 63) return tooLong(63)
  if (labelPattern.test(text)) return undefined
  return `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`
}

/** RFC 1035 label: what a service is called, as it may become a host name of old. */
export function dns1035LabelFinding(text: string): Finding {
  if (text.length > 63) return tooLong(63)
  if (dns1035Pattern.test(text)) return undefined
  return `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${dns1035Label}')`
}

/** RFC 1123 subdomain: what most objects are called. */
export function dnsSubdomainFinding(text: string): Finding {
  if (text.length > 253) return tooLong(253)
  if (subdomainPattern.test(text)) return undefined
  return `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`
}

/** A key of a ConfigMap or Secret: it must be usable as a file name. */
export function configKeyFinding(text: string): Finding {
  if (text.length > 253) return tooLong(253)
  if (!configKeyPattern.test(text)) {
    return `a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`
  }
  if (text === '.') return `must not be '.'`
  if (text === '..') return `must not be '..'`
  return text.startsWith('..') ? `must not start with '..'` : undefined
}

/** The key of a label, an annotation, a taint: an optional prefix and a name. */
export function qualifiedNameFinding(text: string): Finding {
  return qualifiedNameFindings(text)[0]
}

/** Everything that is wrong with it. */
export function qualifiedNameFindings(text: string): string[] {
  const parts = text.split('/')
  const name = parts.at(-1) ?? ''
  if (parts.length > 2) {
    return [`a qualified name ${qualifiedNameText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const prefix = parts.length === 2 ? prefixFinding(parts[0] ?? '') : undefined
  const length = name === '' ? 'must be non-empty' : name.length > 63 ? tooLong(63) : undefined
  return [
    ...(prefix === undefined ? [] : [`prefix part ${prefix}`]),
    ...(length === undefined ? [] : [`name part ${length}`]),
    ...(qualifiedNamePattern.test(name) ? [] : [`name part ${qualifiedNameText}`]),
  ]
}

function prefixFinding(prefix: string): Finding {
  return prefix === '' ? 'must be non-empty' : dnsSubdomainFinding(prefix)
}

const qualifiedNameText = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`

export function labelValueFinding(text: string): Finding {
  if (text.length > 63) return tooLong(63)
  if (text === '' || qualifiedNamePattern.test(text)) return undefined
  return `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`
}
