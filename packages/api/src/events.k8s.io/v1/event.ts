// Events as events.k8s.io shows them: the same objects as core events, with newer names and stricter rules.

import type {
  IoK8sApiCoreV1EventSource,
  IoK8sApiCoreV1ObjectReference,
  IoK8sApiEventsV1EventSeries,
} from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import { type Event, eventDefinition } from '../../core/v1/event.ts'
import { completeTimes, placeFindings } from '../../core/v1/event-rules.ts'
import {
  type ApiObject,
  apiVersionOf,
  type FieldError,
  invalid,
  qualifiedNameFinding,
  type ResourceDefinition,
  required,
  sameJson,
} from '../../meta/index.ts'

/** Something that happened to an object, as newer reporters tell it. */
export interface ReportedEvent extends ApiObject {
  regarding?: IoK8sApiCoreV1ObjectReference
  related?: IoK8sApiCoreV1ObjectReference
  type?: string
  reason?: string
  note?: string
  action?: string
  series?: IoK8sApiEventsV1EventSeries
  reportingController?: string
  reportingInstance?: string
  eventTime?: string | null
  /** What older reporters say. */
  deprecatedSource?: IoK8sApiCoreV1EventSource
  deprecatedFirstTimestamp?: string | null
  deprecatedLastTimestamp?: string | null
  deprecatedCount?: number
}

export const reportedEventDefinition: ResourceDefinition<ReportedEvent> = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  listKind: 'EventList',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.events.v1.Event',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: true,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: eventDefinition.columns.map((column) => ({ ...column, cell: (event) => column.cell(coreEventOf(event)) })),
  selectableFields: {
    'regarding.kind': ({ regarding }) => regarding?.kind ?? '',
    'regarding.namespace': ({ regarding }) => regarding?.namespace ?? '',
    'regarding.name': ({ regarding }) => regarding?.name ?? '',
    'regarding.uid': ({ regarding }) => regarding?.uid ?? '',
    'regarding.apiVersion': ({ regarding }) => regarding?.apiVersion ?? '',
    'regarding.resourceVersion': ({ regarding }) => regarding?.resourceVersion ?? '',
    'regarding.fieldPath': ({ regarding }) => regarding?.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingController: (event) => event.reportingController ?? '',
    type: (event) => event.type ?? '',
  },
  applyDefaults: completeTimes,
  validate: validateReportedEvent,
}

/** Ours, theirs. */
const names = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
] as const

const toCore: ReadonlyMap<string, string> = new Map(names)
const toReported: ReadonlyMap<string, string> = new Map(names.map(([reported, core]) => [core, reported]))

/** The event as the core group shows it. */
export function coreEventOf(event: ReportedEvent): Event {
  const { metadata, kind } = event
  return { involvedObject: {}, ...renamed(event, toCore), apiVersion: apiVersionOf(eventDefinition), kind, metadata }
}

/** The event as events.k8s.io shows it. */
export function reportedEventOf(event: Event): ReportedEvent {
  // What must be there is there, if only as nothing.
  const { metadata, kind } = event
  return { eventTime: null, ...renamed(event, toReported), apiVersion: apiVersionOf(reportedEventDefinition), kind, metadata }
}

function renamed(event: ApiObject, to: ReadonlyMap<string, string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(event).map(([name, value]: [string, unknown]) => [to.get(name) ?? name, value]))
}

const mostReporterCharacters = 128
const mostNoteCharacters = 1024
const leastSeriesCount = 2

function validateReportedEvent(event: ReportedEvent, old: ReportedEvent | undefined): FieldError[] {
  const { regarding, metadata, eventTime } = event
  const isReported = Boolean(eventTime)
  const errors = [
    ...placeFindings(regarding?.namespace, metadata.namespace, isReported),
    ...(isReported ? reportFindings(event) : []),
  ]
  if (old !== undefined) {
    const isOtherSeries = !sameJson(event.series, old.series)
    return [...errors, ...(isOtherSeries ? seriesFindings(event) : []), ...changeFindings(event, old)]
  }
  return [...errors, ...seriesFindings(event), ...formFindings(event)]
}

function reportFindings({ reportingController = '', reportingInstance = '', action, reason, note }: ReportedEvent): FieldError[] {
  const finding = reportingController === '' ? undefined : qualifiedNameFinding(reportingController)
  return [
    ...(reportingController === '' ? [required('reportingController')] : []),
    ...(finding === undefined ? [] : [invalid('reportingController', reportingController, finding)]),
    ...(reportingInstance === '' ? [required('reportingInstance')] : []),
    ...longerThan('reportingInstance', reportingInstance, mostReporterCharacters),
    ...(action ? longerThan('action', action, mostReporterCharacters) : [required('action')]),
    ...(reason ? longerThan('reason', reason, mostReporterCharacters) : [required('reason')]),
    ...longerThan('message', note ?? '', mostNoteCharacters),
  ]
}

function longerThan(field: string, text: string, most: number): FieldError[] {
  return text.length > most ? [invalid(field, '', `can have at most ${most} characters`)] : []
}

function seriesFindings({ series }: ReportedEvent): FieldError[] {
  if (series === undefined) return []
  return [
    ...((series.count ?? 0) < leastSeriesCount ? [invalid('series.count', '', `should be at least ${leastSeriesCount}`)] : []),
    ...(series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ]
}

/** A new event is told in the new way only. */
function formFindings(event: ReportedEvent): FieldError[] {
  const source = event.deprecatedSource
  const unset = [
    ['firstTimestamp', event.deprecatedFirstTimestamp],
    ['lastTimestamp', event.deprecatedLastTimestamp],
    ['count', event.deprecatedCount],
    ['source', source?.component || source?.host],
  ] as const
  return [
    ...(event.eventTime ? [] : [required('eventTime')]),
    ...(event.type === 'Normal' || event.type === 'Warning'
      ? []
      : [invalid('type', '', `has invalid value: ${event.type ?? ''}`)]),
    ...unset.flatMap(([field, value]) => (value ? [invalid(field, '', 'needs to be unset')] : [])),
  ]
}

/** That it went on is all that can be added to an event. */
const fixedFields = [
  'regarding',
  'reason',
  'note',
  'deprecatedSource',
  'deprecatedFirstTimestamp',
  'deprecatedLastTimestamp',
  'deprecatedCount',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingController',
  'reportingInstance',
] as const

function changeFindings(event: ReportedEvent, old: ReportedEvent): FieldError[] {
  return fixedFields.flatMap((field) => {
    if (sameJson(event[field] ?? null, old[field] ?? null)) return []
    const shown = field === 'reportingController' ? field : (toCore.get(field) ?? field)
    return [invalid(shown, event[field], 'field is immutable')]
  })
}
