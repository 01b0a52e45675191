import type {
  IoK8sApiCoreV1EventSeries,
  IoK8sApiCoreV1EventSource,
  IoK8sApiCoreV1ObjectReference,
} from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import {
  type ApiObject,
  type FieldError,
  invalid,
  qualifiedNameFinding,
  type ResourceDefinition,
  required,
  tooLong,
} from '../../meta/index.ts'
import { completeTimes, placeFindings } from './event-rules.ts'

/** Something that happened to an object. Two recordings of the same thing are one event with a higher count. */
export interface Event extends ApiObject {
  involvedObject: IoK8sApiCoreV1ObjectReference
  related?: IoK8sApiCoreV1ObjectReference
  type?: string
  reason?: string
  message?: string
  action?: string
  count?: number
  series?: IoK8sApiCoreV1EventSeries
  source?: IoK8sApiCoreV1EventSource
  reportingComponent?: string
  reportingInstance?: string
  eventTime?: string | null
  firstTimestamp?: string | null
  lastTimestamp?: string | null
}

const text = (name: string, priority: 0 | 1, description: string, cell: (event: Event) => string | undefined) =>
  ({ name, type: 'string', description, priority, cell }) as const

const date = (name: string, priority: 0 | 1, description: string, cell: (event: Event) => string | undefined) =>
  ({ name, type: 'date', description, priority, cell }) as const

export const eventDefinition: ResourceDefinition<Event> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  listKind: 'EventList',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.core.v1.Event',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: true,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    date('Last Seen', 0, 'When it happened last.', (event) => {
      return event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? undefined
    }),
    text('Type', 0, 'Normal, or Warning.', (event) => event.type),
    text('Reason', 0, 'One word for what happened.', (event) => event.reason),
    text('Object', 0, 'What it happened to.', objectText),
    text('Subobject', 1, 'Which part of the object.', (event) => event.involvedObject.fieldPath),
    text('Source', 1, 'Who says so.', sourceText),
    text('Message', 0, 'What happened.', (event) => event.message?.trim()),
    date('First Seen', 1, 'When it happened first.', (event) => event.firstTimestamp ?? event.eventTime ?? undefined),
    {
      name: 'Count',
      type: 'integer',
      description: 'How often it happened.',
      priority: 1,
      cell: (event) => event.series?.count ?? (event.count || 1),
    },
    text('Name', 1, 'The name of the event.', (event) => event.metadata.name),
  ],
  selectableFields: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: (event) => event.source?.component || (event.reportingComponent ?? ''),
    type: (event) => event.type ?? '',
  },
  applyDefaults: completeTimes,
  validate: validateEvent,
}

function objectText({ involvedObject: { kind, name } }: Event): string {
  return kind ? `${kind.toLowerCase()}/${name ?? ''}` : (name ?? '')
}

function sourceText(event: Event): string {
  const component = event.source?.component || event.reportingComponent || ''
  const host = event.source?.host || event.reportingInstance || ''
  return host === '' ? component : `${component}, ${host}`
}

/** Kubernetes' bound on who reported. */
const maxReporterBytes = 128

function validateEvent(event: Event): FieldError[] {
  const { involvedObject, metadata, eventTime } = event
  const isReported = Boolean(eventTime)
  return [
    ...placeFindings(involvedObject.namespace, metadata.namespace, isReported),
    ...(isReported ? validateReport(event) : []),
  ]
}

/** What an event in the newer style (with eventTime) must say. */
function validateReport(event: Event): FieldError[] {
  const errors: FieldError[] = []
  const { reportingComponent = '', reportingInstance = '' } = event
  if (reportingComponent === '') errors.push(required('reportingComponent'))
  else {
    const finding = qualifiedNameFinding(reportingComponent)
    if (finding !== undefined) errors.push(invalid('reportingComponent', reportingComponent, finding))
  }
  if (reportingInstance === '') errors.push(required('reportingInstance'))
  if (reportingInstance.length > maxReporterBytes) {
    errors.push(tooLong('reportingInstance', `may not be more than ${maxReporterBytes} bytes`))
  }
  if (!event.action) errors.push(required('action'))
  if (!event.reason) errors.push(required('reason'))
  return errors
}
