// `/metrics`: what the server counts of its requests and of itself, in Prometheus' text. What Kubernetes counts too has its
// name and labels there, so that dashboards and alerts made for kube-apiserver work.

import { deprecatedApi } from '@sheaf/api'
import type { ApiResponse } from '@sheaf/api/client'
import { apiVersionOf } from '@sheaf/api/meta'
import type { Sighting } from '@sheaf/kinds'
import type { AnsweredRequest, RequestObserver, RequestSubject } from '@sheaf/machinery/kind'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { FairShareObserver } from './fair-share/fair-share.ts'

export interface Metrics extends RequestObserver, FairShareObserver {
  deprecatedFieldSent: (sighting: Sighting) => void
  /** Lines of the audit log: written, or lost. */
  audited: (events: number) => void
  auditLost: (events: number) => void
  /** The answer to `GET /metrics`. */
  answer: () => Promise<ApiResponse>
}

/** Kubernetes' own, from what a cache answers to what a client no longer waits for. */
const durationBuckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]

/**
 * Pairs of user and client that have a series of their own. Both are what a client says of itself: one that says something
 * else each time would fill the memory of this server and of whoever collects. Beyond that, the uses in the API name them.
 */
const mostSenders = 100
/** The label of all others. */
const otherSender = '_other'

/** How often the event loop is looked at. The usual ten milliseconds would wake a server that has nothing to do. */
const loopSampleMs = 100

const subjectLabels = ['group', 'version', 'resource', 'subresource', 'scope'] as const

export function createMetrics(): Metrics {
  const registers = [new Registry()]
  const [register] = registers as [Registry]
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: loopSampleMs })
  const requests = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests by what they are about and how they were answered.',
    labelNames: ['verb', ...subjectLabels, 'code', 'dry_run'] as const,
    registers,
  })
  const durations = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'How long answers took. Watches and streams last as long as their clients like, and are not among them.',
    labelNames: ['verb', ...subjectLabels, 'dry_run'] as const,
    buckets: durationBuckets,
    registers,
  })
  const watches = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches that are open.',
    labelNames: ['verb', ...subjectLabels] as const,
    registers,
  })
  const deprecatedApis = new Gauge({
    name: 'apiserver_requested_deprecated_apis',
    help: 'Whole APIs that are deprecated, by version or Kind, and were asked for since the start. KubeVirt names no release that removes one.',
    labelNames: ['group', 'version', 'resource', 'subresource', 'removed_release'] as const,
    registers,
  })
  const deprecatedFields = new Counter({
    name: 'sheaf_deprecated_field_requests_total',
    help: 'Requests that sent a deprecated field, by who sent it. kubectl get deprecatedfielduses lists them with times.',
    labelNames: ['field', 'group', 'version', 'resource', 'user', 'user_agent'] as const,
    registers,
  })
  const refused = new Counter({
    name: 'apiserver_flowcontrol_rejected_requests_total',
    help: 'Requests that were refused because too many of the same user waited already.',
    labelNames: ['reason'] as const,
    registers,
  })
  const audited = new Counter({
    name: 'apiserver_audit_event_total',
    help: 'Lines written to the audit log.',
    registers,
  })
  const auditErrors = new Counter({
    name: 'apiserver_audit_error_total',
    help: 'Lines that the audit log has lost, because the disk did not take them or was too slow.',
    labelNames: ['plugin'] as const,
    registers,
  })
  auditErrors.inc({ plugin: 'log' }, 0)
  const senders = new Set<string>()
  /** By version and Kind: as few as are served, and asked for with every request. */
  const verdicts = new Map<string, boolean>()

  function isDeprecated(subject: RequestSubject): boolean {
    if (subject.kind === '') return false
    const api = { apiVersion: apiVersionOf(subject), kind: subject.kind }
    const id = `${api.apiVersion} ${api.kind}`
    const known = verdicts.get(id) ?? deprecatedApi(api) !== undefined
    verdicts.set(id, known)
    return known
  }

  function senderOf({ user, client }: Sighting): { user: string; user_agent: string } {
    const id = JSON.stringify([user, client])
    if (!senders.has(id) && senders.size >= mostSenders) return { user: otherSender, user_agent: otherSender }
    senders.add(id)
    return { user, user_agent: client }
  }

  return {
    answered({ subject, code, dryRun, durationMs }: AnsweredRequest) {
      const labels = { verb: subject.verb, ...labelsOf(subject), dry_run: dryRun ? 'All' : '' }
      requests.inc({ ...labels, code: String(code) })
      if (subject.verb !== 'WATCH' && subject.verb !== 'CONNECT') durations.observe(labels, durationMs / 1000)
      const { group, version, resource, subresource } = subject
      if (isDeprecated(subject)) deprecatedApis.set({ group, version, resource, subresource, removed_release: '' }, 1)
    },
    watching(subject) {
      const labels = { verb: subject.verb, ...labelsOf(subject) }
      watches.inc(labels)
      return () => watches.dec(labels)
    },
    deprecatedFieldSent(sighting) {
      const { group, version, plural } = sighting.resource
      deprecatedFields.inc({ field: sighting.field, group, version, resource: plural, ...senderOf(sighting) })
    },
    refusedForHaste() {
      refused.inc({ reason: 'queue-full' })
    },
    audited: (events) => audited.inc(events),
    auditLost: (events) => auditErrors.inc({ plugin: 'log' }, events),
    async answer() {
      return { status: 200, headers: { 'content-type': register.contentType }, body: await register.metrics() }
    },
  }
}

function labelsOf({ group, version, resource, subresource, scope }: RequestSubject) {
  return { group, version, resource, subresource, scope }
}
