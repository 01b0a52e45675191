// Tells people what happened to an object, as Kubernetes Events. Recording never waits and never fails: what cannot be
// written is dropped. The same event again is one object whose count grows.

import type { Client, ResourceClient, ResourceName } from '@sheaf/api/client'
import { type ApiObject, type Clock, isNotFound, keyOf, keyText, type Random, StatusError, timestamp } from '@sheaf/api/meta'
import { backoffMs } from './backoff.ts'
import { errorChain } from './error-chain.ts'
import type { Log } from './log.ts'

export interface EventText {
  type: 'Normal' | 'Warning'
  /** One CamelCase word. */
  reason: string
  message: string
}

export interface EventRecorder {
  record(about: ApiObject, event: EventText): void
}

export interface EventRecorderOptions {
  client: Client
  /** What events are called where they are written: machinery names no Kind. */
  resource: ResourceName
  /** Who speaks: `source.component`. */
  component: string
  /** The machine that speaks: `source.host`. */
  host?: string
  clock: Clock
  random: Random
  log: Log
}

export interface RunningEventRecorder extends EventRecorder {
  /** Resolves when everything recorded so far is written or dropped. */
  whenIdle(): Promise<void>
  /** Drops what waits and records no more. */
  stop(): void
}

/** Different events that may wait: a minute of a very bad day. Repetitions of one wait as one. */
const mostWaiting = 1000
/** Events whose count can still grow. As client-go's cache. */
const mostRemembered = 4096
/** As core/v1's newer form of events allows; longer texts are cut. */
const longestMessage = 1024
/** As client-go: an event that cannot be written for about two minutes tells nobody anything any more. */
const mostAttempts = 8
const retryLimits = { firstMs: 500, mostMs: 30_000 }

interface EventObject extends ApiObject {
  involvedObject: Record<string, string | undefined>
  reason: string
  message: string
  type: string
  source: { component: string; host?: string }
  reportingComponent: string
  reportingInstance: string
  firstTimestamp: string
  lastTimestamp: string
  count: number
  eventTime: null
}

/** One event that waits to be written, with the repetitions that came meanwhile. */
interface Waiting {
  about: ApiObject
  text: EventText
  firstTimestamp: string
  lastTimestamp: string
  times: number
}

/** What is already on the server under this identity. */
interface Written {
  namespace: string
  name: string
  count: number
}

export function startEventRecorder(options: EventRecorderOptions): RunningEventRecorder {
  const { clock, log } = options
  const events = options.client.resource<EventObject>(options.resource)
  const waiting = new Map<string, Waiting>()
  const written = new Map<string, Written>()
  let writing: Promise<void> | undefined
  let isOverloaded = false
  let isStopped = false

  function record(about: ApiObject, event: EventText): void {
    if (isStopped) return
    const text = { ...event, message: event.message.slice(0, longestMessage) }
    const id = identity(about, text)
    const now = timestamp(clock)
    const same = waiting.get(id)
    if (same !== undefined) {
      same.times++
      same.lastTimestamp = now
    } else if (waiting.size < mostWaiting) {
      waiting.set(id, { about, text, firstTimestamp: now, lastTimestamp: now, times: 1 })
      writing ??= writeAll()
    } else if (!isOverloaded) {
      isOverloaded = true
      log.warn({ waiting: waiting.size }, 'too many events to write; dropping new ones until these are written')
    }
  }

  async function writeAll(): Promise<void> {
    // Lets the caller finish first: recording is never part of a reconcile pass.
    await Promise.resolve()
    for (const [id, entry] of waiting) {
      waiting.delete(id)
      const result = await writeOne(entry, written.get(id))
      written.delete(id)
      if (result !== undefined) written.set(id, result)
      if (written.size > mostRemembered) written.delete(written.keys().next().value ?? '')
    }
    isOverloaded = false
    writing = undefined
  }

  async function writeOne(entry: Waiting, before: Written | undefined): Promise<Written | undefined> {
    for (let attempt = 1; !isStopped; attempt++) {
      try {
        return await write(entry, before, events, options)
      } catch (error) {
        if (attempt === mostAttempts || isRefusal(error)) {
          const fields = { about: keyText(keyOf(entry.about)), reason: entry.text.reason, error: errorChain(error) }
          log.debug(fields, 'dropped an event that could not be written')
          return undefined
        }
        await new Promise<void>((resolve) => clock.after(backoffMs(attempt, retryLimits, options.random), resolve))
      }
    }
    return undefined
  }

  return {
    record,
    whenIdle: async () => {
      while (writing !== undefined) await writing
    },
    stop() {
      isStopped = true
      waiting.clear()
    },
  }
}

/** What makes two events the same one. */
function identity(about: ApiObject, { type, reason, message }: EventText): string {
  const { namespace, name, uid } = about.metadata
  return JSON.stringify([about.apiVersion, about.kind, namespace, name, uid, type, reason, message])
}

async function write(
  entry: Waiting,
  before: Written | undefined,
  events: ResourceClient<EventObject>,
  options: EventRecorderOptions,
): Promise<Written> {
  if (before !== undefined) {
    const count = before.count + entry.times
    try {
      await events.patch(before, { count, lastTimestamp: entry.lastTimestamp }, { type: 'merge' })
      return { ...before, count }
    } catch (error) {
      // It expired meanwhile: the count begins again.
      if (!isNotFound(error)) throw error
    }
  }
  const object = eventObject(entry, options)
  await events.create(object)
  return { ...keyOf(object), count: object.count }
}

function eventObject({ about, text, times, firstTimestamp, lastTimestamp }: Waiting, options: EventRecorderOptions): EventObject {
  const { namespace, name = '', uid, resourceVersion } = about.metadata
  const { resource, component, host } = options
  return {
    apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
    kind: resource.kind,
    // Events about cluster-scoped objects live in `default`, as in Kubernetes.
    metadata: { namespace: namespace ?? 'default', name: `${name}.${uniqueHex(options)}` },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    ...text,
    source: { component, ...(host === undefined ? {} : { host }) },
    reportingComponent: component,
    reportingInstance: host ?? '',
    firstTimestamp,
    lastTimestamp,
    count: times,
    eventTime: null,
  }
}

/** Nanoseconds since 1970, the part below a millisecond by chance: how Kubernetes names events. */
function uniqueHex({ clock, random }: EventRecorderOptions): string {
  return (BigInt(clock.now()) * 1_000_000n + BigInt(random.below(1_000_000))).toString(16)
}

/** The server will never take it, such as in a namespace that is on its way out. */
function isRefusal(error: unknown): boolean {
  return error instanceof StatusError && error.code < 500 && error.code !== 429 && error.reason !== 'AlreadyExists'
}
