// What two servers cannot have in common, taken out of their answers: uids, revisions, times and drawn names become the
// order in which they appear, so that it still shows which of them are the same.

import { isJsonObject, type Json } from '@sheaf/api/meta'

export interface Answer {
  status: number
  warnings: readonly string[]
  text: string
}

export interface RecordedAnswer {
  status: number
  /** Texts of `Warning: 299`. */
  warnings?: string[]
  /** A text where the body is no JSON. */
  body: Json
}

/** One for each case: it remembers what it has seen. */
export function normaliser(namespace: string): (answer: Answer) => RecordedAnswer {
  const uids = ranks('uid')
  const revisions = ranks('rv')
  const names = ranks('name')
  const text = (value: string): string =>
    value
      .replaceAll(namespace, '{ns}')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (uid) => uids(uid))
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '{time}')
      .replace(/(ResourceVersion[^(]*\()(\d+)\)/g, (_all, before: string, rv: string) => `${before}${revisions(rv)})`)
      .replace(/\b([Dd]rawn-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, (_all, base: string) => names(base))
  const value = (json: Json): Json => {
    if (typeof json === 'string') return text(json)
    if (Array.isArray(json)) return json.map(value)
    if (!isJsonObject(json)) return json
    const fields = Object.entries(json).map(([name, field]): [string, Json] => {
      if (name === 'resourceVersion' && typeof field === 'string' && field !== '') return [name, revisions(field)]
      if (name === 'managedFields' && Array.isArray(field)) return [name, sortManagers(field.map(value))]
      if (name === 'causes' && Array.isArray(field)) return [name, sortByText(field.map(value))]
      return [text(name), value(field ?? null)]
    })
    return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)))
  }
  return ({ status, warnings, text: body }) => ({
    status,
    ...(warnings.length === 0 ? {} : { warnings: warnings.map(text).sort() }),
    body: value(jsonOr(body)),
  })
}

function jsonOr(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text.trim()
  }
}

function ranks(what: string): (value: string) => string {
  const known = new Map<string, string>()
  return (value) => {
    const rank = known.get(value) ?? `{${what} ${known.size + 1}}`
    known.set(value, rank)
    return rank
  }
}

/** Their order is that of seconds, which a test does not choose. */
function sortManagers(entries: Json[]): Json[] {
  return sortByText(entries, (entry) => {
    const { manager, operation, apiVersion, subresource } = isJsonObject(entry) ? entry : {}
    return JSON.stringify([operation, manager, apiVersion, subresource])
  })
}

/** Causes come in the order of Go's maps, which is none. */
function sortByText(values: Json[], textOf: (value: Json) => string = (value) => JSON.stringify(value)): Json[] {
  return values.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
}
