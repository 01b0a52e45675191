// A watch request: from its parameters to a stream of frames.

import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import { expired, hasReason, type Random, type ResourceDefinition } from '@sheaf/api/meta'
import type { Registry, Resource, Target } from '../registry/registry.ts'
import { type Selection, selectionOf } from '../registry/selectors/selection.ts'
import { startWatch } from '../registry/watch.ts'
import { RevisionCompacted } from '../store/store.ts'
import { watchOptionsOf } from './list-options.ts'
import { negotiate } from './negotiation.ts'
import { includeObjectOf } from './present.ts'
import { remembered } from '../remembered.ts'
import { createFrameEncoder, errorFrame, SharedFrames } from './watch-frames.ts'
import { WatchStream } from './watch-stream.ts'

/** Where a client names no time, as kube-apiserver: long, and not the same for all that began together. */
const minTimeoutSeconds = 1_800

/** Some 24 days: a timer that is to count more milliseconds than 31 bits hold fires at once. */
const maxTimeoutSeconds = Math.floor((2 ** 31 - 1) / 1_000)

export interface WatchDesk {
  /** `began` is called when there is something to follow; what it returns, when that ends. */
  watch(request: ApiRequest, target: Target, query: URLSearchParams, began: () => () => void): Promise<ApiResponse>
  /** Ends those of resources that are served no longer, or otherwise than before: their readers come back and see. */
  endThoseOf(resources: readonly Resource[]): void
  /** Ends all watches. */
  close(): void
}

export function createWatchDesk(registry: Registry): WatchDesk {
  /** Each with what it follows, and what is to be called at its end. */
  const streams = new Map<WatchStream, { resource: Resource; ended: () => void }>()
  const shared = new SharedFrames()
  return {
    async watch(request, target, query, began) {
      const { definition } = target.resource
      const options = watchOptionsOf(query)
      // A streaming list has no Table form.
      const form = negotiate(request.headers.accept, { yaml: false, table: !query.has('sendInitialEvents') })
      const selection = sharedSelection(definition, options.labelSelector, options.fieldSelector)
      const encoder = createFrameEncoder({
        definition,
        form,
        includeObject: includeObjectOf(query),
        shared,
        now: () => registry.clock.now(),
      })
      return streamedOrExpired(async () => {
        const stream = new WatchStream({
          ...options,
          start: await startWatch(registry, { ...target, ...options, selection }),
          encoder,
          clock: registry.clock,
          timeoutMs: timeoutMs(options.timeoutSeconds, registry.random),
          revision: () => registry.store.revision,
          signal: request.signal,
          onEnd: (ended) => {
            streams.get(ended)?.ended()
            streams.delete(ended)
          },
        })
        if (!stream.isEnded) streams.set(stream, { resource: target.resource, ended: began() })
        return stream
      })
    },
    endThoseOf(resources) {
      for (const [stream, { resource }] of streams) if (resources.includes(resource)) stream.end()
    },
    close() {
      for (const stream of streams.keys()) stream.end()
    },
  }
}

/** Of one Kind. */
const mostSelections = 64
const selections = new WeakMap<ResourceDefinition, (selectors: string) => Selection>()

/** Informers of the same program select the same. Throws BadRequest. */
function sharedSelection(definition: ResourceDefinition, labelSelector: string, fieldSelector: string): Selection {
  let ofKind = selections.get(definition)
  if (ofKind === undefined) {
    ofKind = remembered(mostSelections, (text) => selectionOf(definition, ...(JSON.parse(text) as [string, string])))
    selections.set(definition, ofKind)
  }
  return ofKind(JSON.stringify([labelSelector, fieldSelector]))
}

function timeoutMs(asked: number, random: Random): number {
  return 1_000 * (asked > 0 ? Math.min(asked, maxTimeoutSeconds) : minTimeoutSeconds + random.below(minTimeoutSeconds))
}

/** Clients expect to be told inside the stream that history is gone, and act when it ends. */
async function streamedOrExpired(open: () => Promise<AsyncIterable<string>>): Promise<ApiResponse> {
  try {
    return streaming(await open())
  } catch (error) {
    // The store forgets on its own time, also between the question and the subscription.
    const refusal = error instanceof RevisionCompacted ? expired(error.message) : error
    if (hasReason(refusal, 'Expired')) return streaming(ofOne(errorFrame(refusal.toStatus())))
    throw error
  }
}

async function* ofOne(frame: string): AsyncIterable<string> {
  yield frame
}

function streaming(body: AsyncIterable<string>): ApiResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body }
}
