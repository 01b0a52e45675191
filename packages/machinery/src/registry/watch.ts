// Watch: what is there, then every change, in order and exactly once, as this reader's selection sees it.

import type { StoreEvent, Subscription } from '../store/store.ts'
import { lastState } from './delete.ts'
import { entryMatcher, selectedTarget } from './list.ts'
import { collectionPrefix, type Encoded, type Registry, type Resource, storageKey, type Target } from './registry.ts'
import type { Selection } from './selectors/selection.ts'
import { shown } from './shown-form.ts'
import { waitForRevision } from './wait-for-revision.ts'

type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** One change. The same store event gives every reader the same `encoded`, so that what is made of it can be shared. */
export interface Change {
  type: ChangeType
  encoded: Encoded
}

export interface WatchRequest extends Target {
  /** The same one for readers of this resource who select the same: then they share what they are told. */
  selection: Selection
  /** Not older than this; 0 is now. */
  revision: number
  /** Begin with what is there as ADDED; else with what changes after `revision`. */
  initialState: boolean
}

export interface WatchStart {
  /** What is there already; empty when the watch goes on from a revision. */
  initial: readonly Encoded[]
  /** The revision that `initial` is a snapshot of. */
  revision: number
  /**
   * Calls back with what happened since `revision` at once, then with each change as it happens. Throws RevisionCompacted
   * when that is no longer known.
   */
  follow(onChange: (change: Change) => void): Subscription
}

export async function startWatch(registry: Registry, request: WatchRequest): Promise<WatchStart> {
  await waitForRevision(registry, request.revision)
  const { store } = registry
  const { resource } = request
  const matches = entryMatcher(resource, request.selection)
  const one = selectedTarget(request)
  const prefix = one === undefined || one === 'none' ? collectionPrefix(request) : storageKey(one)
  const isKey = one !== undefined && one !== 'none'
  const concerns = (key: string): boolean => one !== 'none' && (!isKey || key === prefix)
  const range = request.initialState ? store.range(prefix) : undefined
  const present = range?.entries.filter((entry) => concerns(entry.key) && (matches === undefined || matches(entry)))
  const revision = range?.revision ?? (request.revision === 0 ? store.revision : request.revision)
  return {
    initial: present?.map((entry) => shown(resource, entry)) ?? [],
    revision,
    follow: (onChange) =>
      store.watch(prefix, revision, (event) => {
        const change = concerns(event.key) ? sharedChange(event, request, matches) : undefined
        if (change !== undefined) onChange(change)
      }),
  }
}

/** What the last event was to those who selected the same: watchers by the thousand are told of it one after the other. */
const lastChanges = new WeakMap<Selection, { event: StoreEvent; change: Change | undefined }>()

function sharedChange(
  event: StoreEvent,
  { resource, selection }: WatchRequest,
  matches: ReturnType<typeof entryMatcher>,
): Change | undefined {
  const last = lastChanges.get(selection)
  if (last?.event === event) return last.change
  const change = changeOf(event, resource, matches)
  lastChanges.set(selection, { event, change })
  return change
}

const lastStates = new WeakMap<StoreEvent, Encoded>()

function lastStateOf(event: StoreEvent): Encoded | undefined {
  if (event.before === undefined) return undefined
  let encoded = lastStates.get(event)
  if (encoded === undefined) {
    encoded = lastState(event.before, event.revision)
    lastStates.set(event, encoded)
  }
  return encoded
}

/** What an event is to one who sees only what matches: an object that stops matching is gone for him. */
function changeOf(event: StoreEvent, resource: Resource, matches: ReturnType<typeof entryMatcher>): Change | undefined {
  const { before, after } = event
  const was = before !== undefined && (matches === undefined || matches(before))
  const is = after !== undefined && (matches === undefined || matches(after))
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', encoded: shown(resource, after) }
  const gone = was ? lastStateOf(event) : undefined
  return gone === undefined ? undefined : { type: 'DELETED', encoded: shown(resource, gone) }
}
