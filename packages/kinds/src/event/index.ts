// The Kind Event, and the controller that lets events go when they are old news.

import {
  coreEventOf,
  type Event,
  eventDefinition,
  type ReportedEvent,
  reportedEventDefinition,
  reportedEventOf,
} from '@sheaf/api'
import { type Controller, ownObjects, startController, startInformer } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import { reconcileEvent } from './reconciler.ts'

export const eventKind: Kind<Event> = { definition: eventDefinition }

/** The same events, as events.k8s.io tells them. */
export const reportedEventKind: Kind<ReportedEvent> = {
  definition: reportedEventDefinition,
  storedAs: {
    definition: eventDefinition,
    toStored: coreEventOf,
    // What lies there is core events.
    fromStored: (stored) => reportedEventOf(stored as Event),
  },
}

/** Events are many, and nobody waits for their end. */
const workers = 1

export function startEventController(ports: Ports): Controller {
  const { client, clock, random, log } = ports
  const events = startInformer<Event>({ client, resource: eventDefinition, clock, random, log, keep: timesOnly })
  return startController({
    name: 'event',
    reconcile: (key) => reconcileEvent(key, events, ports),
    sources: [ownObjects(events)],
    workers,
    owns: [events],
    clock,
    random,
    log,
  })
}

/** All that their end depends on. */
function timesOnly({ apiVersion, kind, metadata, series, eventTime, firstTimestamp, lastTimestamp }: Event): Event {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata
  const kept = { name, namespace, uid, resourceVersion, creationTimestamp } as Event['metadata']
  const times = { series, eventTime, firstTimestamp, lastTimestamp } as Partial<Event>
  return { apiVersion, kind, metadata: kept, involvedObject: {}, ...times }
}
