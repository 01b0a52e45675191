// GET of a collection: a snapshot at one revision, whole or in pages.

import { expired, type Status, StatusError } from '@sheaf/api/meta'
import { type Range, type RangeOptions, RevisionCompacted, type StoredEntry } from '../store/store.ts'
import { decodeContinue, encodeContinue, inconsistentRevision } from './continue-token.ts'
import { collectionPrefix, type Registry, type Resource, storageKey, type Target } from './registry.ts'
import type { Selection } from './selectors/selection.ts'
import { traitsOf } from './selectors/traits.ts'
import { shown } from './shown-form.ts'
import { waitForRevision } from './wait-for-revision.ts'

export type ListFrom =
  | { kind: 'now' }
  | { kind: 'not-older-than'; revision: number }
  | { kind: 'exactly'; revision: number }
  | { kind: 'continue'; token: string }

export interface ListRequest extends Target {
  selection: Selection
  from: ListFrom
  /** 0 is no limit. */
  limit: number
}

export interface ListResult {
  entries: readonly StoredEntry[]
  revision: number
  continue?: string
  /** Only known where everything is selected. */
  remaining?: number
}

/** A page reads at most this many entries at a time while it looks for those that match. */
const scanLength = 500

export async function list(registry: Registry, request: ListRequest): Promise<ListResult> {
  const page = await listStored(registry, request)
  return request.resource.shown === undefined ? page : { ...page, entries: page.entries.map(request.resource.shown) }
}

/** `matches` of a selection speaks of objects as they are shown. */
async function listStored(registry: Registry, request: ListRequest): Promise<ListResult> {
  const { from } = request
  if (from.kind === 'not-older-than' || from.kind === 'exactly') await waitForRevision(registry, from.revision)
  if (from.kind === 'continue') return continueList(registry, request, from.token)
  try {
    return readPage(registry, request, from.kind === 'exactly' ? from.revision : undefined, '')
  } catch (error) {
    if (error instanceof RevisionCompacted) throw expired('The resourceVersion for the provided list is too old.')
    throw error
  }
}

function continueList(registry: Registry, request: ListRequest, text: string): ListResult {
  const token = decodeContinue(text)
  const pinned = token.revision === inconsistentRevision ? undefined : token.revision
  if (pinned !== undefined && pinned > registry.store.revision) throw new ContinueExpired(token.after)
  try {
    return readPage(registry, request, pinned, token.after)
  } catch (error) {
    if (error instanceof RevisionCompacted) throw new ContinueExpired(token.after)
    throw error
  }
}

function readPage(registry: Registry, request: ListRequest, pinned: number | undefined, after: string): ListResult {
  const { selection, limit, resource } = request
  const one = selectedTarget(request)
  if (one === 'none') return { entries: [], revision: pinned ?? registry.store.revision }
  if (one !== undefined && pinned === undefined) return readOne(registry, request, one)
  const prefix = collectionPrefix(one ?? request)
  const start = after === '' ? {} : { after: resource.prefix + after }
  const at = pinned === undefined ? {} : { revision: pinned }
  const range = limit === 0 ? registry.store.range(prefix, { ...start, ...at }) : undefined
  const matches = entryMatcher(resource, selection)
  const page = range ?? scan(registry, prefix, matches, limit, { ...start, ...at })
  const entries = range === undefined ? page.entries : matching(page.entries, matches)
  const last = entries.at(-1)
  if (page.remaining === 0 || last === undefined) return { entries, revision: page.revision }
  const token = encodeContinue({ revision: page.revision, after: last.key.slice(resource.prefix.length) })
  const remaining = selection.matches === undefined ? { remaining: page.remaining } : {}
  return { entries, revision: page.revision, continue: token, ...remaining }
}

/** Narrows to the one object that a field selector names; `none` when selector and path contradict each other. */
export function selectedTarget(request: Target & { selection: Selection }): Target | 'none' | undefined {
  const { resource, selection } = request
  const namespace = request.namespace || selection.namespace || ''
  if (selection.namespace !== undefined && selection.namespace !== namespace) return 'none'
  const name = request.name || selection.name
  const isPlaced = resource.definition.scope === 'Cluster' || namespace !== ''
  return name !== undefined && name !== '' && isPlaced ? { resource, namespace, name } : undefined
}

function readOne(registry: Registry, { selection }: ListRequest, target: Target): ListResult {
  const entry = registry.store.get(storageKey(target))
  const matches = entryMatcher(target.resource, selection)
  return { entries: entry === undefined ? [] : matching([entry], matches), revision: registry.store.revision }
}

type EntryMatcher = ((entry: Pick<StoredEntry, 'key' | 'text'>) => boolean) | undefined

/** Undefined when everything is selected. Whoever asks for a name need not look into the objects of other names. */
export function entryMatcher(resource: Resource, { matches, name }: Selection): EntryMatcher {
  if (matches === undefined) return undefined
  const ofName = name === undefined ? undefined : `/${name}`
  return (entry) => {
    if (ofName !== undefined && !entry.key.endsWith(ofName)) return false
    return matches(traitsOf(resource.definition, shown(resource, entry)))
  }
}

function matching(entries: StoredEntry[], matches: EntryMatcher): StoredEntry[] {
  return matches === undefined ? entries : entries.filter(matches)
}

/** Reads on until `limit` entries match or nothing is left. */
function scan(registry: Registry, prefix: string, matches: EntryMatcher, limit: number, options: RangeOptions): Range {
  if (matches === undefined) return registry.store.range(prefix, { ...options, limit })
  const found: StoredEntry[] = []
  let page = registry.store.range(prefix, { ...options, limit: Math.max(limit, scanLength) })
  const { revision } = page
  for (;;) {
    for (const [index, entry] of page.entries.entries()) {
      if (matches(entry)) found.push(entry)
      const left = page.entries.length - index - 1 + page.remaining
      if (found.length === limit) return { entries: found, revision, remaining: left }
    }
    const last = page.entries.at(-1)
    if (page.remaining === 0 || last === undefined) return { entries: found, revision, remaining: 0 }
    page = registry.store.range(prefix, { revision, after: last.key, limit: Math.max(limit, scanLength) })
  }
}

const continueExpiredText =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

/** Carries a token with which the client may go on all the same. */
class ContinueExpired extends StatusError {
  readonly #after: string

  constructor(after: string) {
    super(410, 'Expired', continueExpiredText)
    this.#after = after
  }

  override toStatus(): Status {
    return { ...super.toStatus(), metadata: { continue: encodeContinue({ revision: inconsistentRevision, after: this.#after }) } }
  }
}
