// What a string of a format looks like: those that Kubernetes checks in custom resources. Others are descriptions only.

import { isIP, isIPv4, isIPv6 } from 'node:net'
import { dnsLabelFinding, dnsSubdomainFinding, type JsonSchema } from '@sheaf/api/meta'
import { visitSchemas } from './visit-schemas.ts'

const rfc3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const hostname = /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?)+$/i
const duration = /^[+-]?(\d+(\.\d*)?|\.\d+)\s?(ns|us|µs|ms|s|m|h|d|w)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w))*$|^[+-]?0$/
const mac = /^([0-9a-f]{2}([:-]|$)){6}$|^([0-9a-f]{2}([:-]|$)){8}$|^([0-9a-f]{4}(\.|$)){3}$/i

function uuid(version: string, variant = ''): (text: string) => boolean {
  const middle = version === '' ? '[0-9a-f]{4}' : `${version}[0-9a-f]{3}`
  const last = variant === '' ? '[0-9a-f]{4}' : `${variant}[0-9a-f]{3}`
  const shape = new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${middle}-?${last}-?[0-9a-f]{12}$`, 'i')
  return (text) => shape.test(text)
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/')
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1
  return more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most
}

/** A date that exists. */
function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)
}

function isUri(text: string): boolean {
  return text.startsWith('/') || (/^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text))
}

/** Hyphens in a format's name say nothing. */
const formats: Readonly<Record<string, (text: string) => boolean>> = {
  datetime: (text) => rfc3339.test(text),
  byte: (text) => base64.test(text),
  date: isDate,
  duration: (text) => duration.test(text),
  email: (text) => /^[^\s@<>]+@[^\s@<>]+$/.test(text),
  hostname: (text) => text.length <= 255 && hostname.test(text),
  ipv4: isIPv4,
  ipv6: (text) => isIP(text) === 6,
  cidr: isCidr,
  mac: (text) => mac.test(text),
  uri: isUri,
  uuid: uuid(''),
  uuid3: uuid('3'),
  uuid4: uuid('4', '[89ab]'),
  uuid5: uuid('5', '[89ab]'),
  bsonobjectid: (text) => /^[0-9a-f]{24}$/i.test(text),
  ssn: (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  hexcolor: (text) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text),
  rgbcolor: (text) => /^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/.test(text),
  k8sshortname: (text) => dnsLabelFinding(text) === undefined,
  k8slongname: (text) => dnsSubdomainFinding(text) === undefined,
}

/** Formats of strings that are known beside those that are checked. */
const unchecked: ReadonlySet<string> = new Set(['password', 'isbn', 'isbn10', 'isbn13', 'creditcard'])

const plain = (format: string): string => format.replaceAll('-', '')

export function formatCheck(format: string): ((text: string) => boolean) | undefined {
  const name = plain(format)
  return Object.hasOwn(formats, name) ? formats[name] : undefined
}

function isKnownFormat(format: string): boolean {
  return Object.hasOwn(formats, plain(format)) || unchecked.has(plain(format))
}

/** Formats of strings that say nothing here, each once. */
export function unknownFormats(schema: JsonSchema): string[] {
  const found = new Set<string>()
  visitSchemas(schema, '', ({ type, format }) => {
    if (type === 'string' && format !== undefined && format !== '' && !isKnownFormat(format)) found.add(format)
  })
  return [...found]
}
