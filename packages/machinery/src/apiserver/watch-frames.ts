// One line of a watch: `{"type":"ADDED","object":{…}}`. Most watchers want the same, so it is made once.

import { apiVersionOf, type ResourceDefinition, type Status } from '@sheaf/api/meta'
import type { Encoded } from '../registry/registry.ts'
import { objectOf } from '../registry/stored-object.ts'
import type { Change } from '../registry/watch.ts'
import type { OutputForm } from './negotiation.ts'
import { partialMetadata } from './partial-metadata.ts'
import { type IncludeObject, tableOf } from './table.ts'

/** What all watchers together may keep ready, in characters: some hundred changes. */
const maxSharedLength = 1024 * 1024

/** The frames that were made last, for the other watchers of the same changes. */
export class SharedFrames {
  readonly #frames = new Map<Encoded, Map<string, string>>()
  #length = 0

  frame(encoded: Encoded, shape: string, encode: () => string): string {
    const ofObject = this.#frames.get(encoded)
    const ready = ofObject?.get(shape)
    if (ready !== undefined) return ready
    const made = encode()
    this.#length += made.length
    if (ofObject === undefined) this.#frames.set(encoded, new Map([[shape, made]]))
    else ofObject.set(shape, made)
    this.#shrink()
    return made
  }

  /** The oldest go first: a Map keeps the order of insertion. */
  #shrink(): void {
    for (const [encoded, frames] of this.#frames) {
      if (this.#length <= maxSharedLength) return
      this.#frames.delete(encoded)
      for (const frame of frames.values()) this.#length -= frame.length
    }
  }
}

/** Makes the frames of one watch. */
export interface FrameEncoder {
  initial(encoded: Encoded): string
  change(change: Change): string
  /** `endsInitial` closes the initial state of a streaming list. */
  bookmark(revision: number, endsInitial: boolean): string
}

export interface FrameOptions {
  definition: ResourceDefinition
  form: OutputForm
  includeObject: IncludeObject
  shared: SharedFrames
  now: () => number
}

export function createFrameEncoder(options: FrameOptions): FrameEncoder {
  return options.form.as === 'table' ? tableFrames(options) : objectFrames(options)
}

export function errorFrame(status: Status): string {
  return frameOf('ERROR', JSON.stringify(status))
}

function frameOf(type: string, objectText: string): string {
  return `{"type":"${type}","object":${objectText}}\n`
}

function objectFrames({ definition, form, shared }: FrameOptions): FrameEncoder {
  const isPartial = form.as === 'partial'
  const textOf = (encoded: Encoded): string =>
    isPartial ? JSON.stringify(partialMetadata(objectOf(encoded), form.metaVersion)) : encoded.text
  const shape = isPartial ? `partial ${form.metaVersion}` : 'object'
  return {
    // Each watcher begins at another moment: keeping these frames would only double the store.
    initial: (encoded) => frameOf('ADDED', textOf(encoded)),
    change: ({ type, encoded }) => shared.frame(encoded, `${type} ${shape}`, () => frameOf(type, textOf(encoded))),
    bookmark(revision, endsInitial) {
      const kind = isPartial ? 'PartialObjectMetadata' : definition.kind
      const apiVersion = isPartial ? `meta.k8s.io/${form.metaVersion}` : apiVersionOf(definition)
      return frameOf('BOOKMARK', JSON.stringify({ kind, apiVersion, metadata: bookmarkMeta(revision, endsInitial) }))
    },
  }
}

function bookmarkMeta(revision: number, endsInitial: boolean): object {
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  return { resourceVersion: String(revision), creationTimestamp: null, ...(endsInitial ? { annotations } : {}) }
}

/** Each frame is a Table of one row; only the first describes the columns. Ages differ from moment to moment: nothing is shared. */
function tableFrames({ definition, form, includeObject, now }: FrameOptions): FrameEncoder {
  let withColumns = true
  const encode = (type: string, encoded: Encoded | undefined, resourceVersion: string): string => {
    const options = { definition, metaVersion: form.metaVersion, includeObject, nowMs: now(), withColumns }
    withColumns = false
    const objects = encoded === undefined ? [] : [objectOf(encoded)]
    return frameOf(type, JSON.stringify(tableOf(objects, { resourceVersion }, options)))
  }
  const versionOf = (encoded: Encoded): string => objectOf(encoded).metadata.resourceVersion ?? ''
  return {
    initial: (encoded) => encode('ADDED', encoded, versionOf(encoded)),
    change: ({ type, encoded }) => encode(type, encoded, versionOf(encoded)),
    bookmark: (revision) => encode('BOOKMARK', undefined, String(revision)),
  }
}
