// For tests: an API server over a store in memory with three Kinds. Widget is a custom Kind with a status, Gadget a
// built-in one without, and Realm plays namespace.

import { PassThrough } from 'node:stream'
import { type ApiRequest, type ApiResponse, isStreaming } from '@sheaf/api/client'
import {
  type ApiObject,
  invalid,
  isJsonObject,
  type ListMeta,
  type ObjectMeta,
  type ResourceDefinition,
  type SchemaDefinitions,
  type StatusDetails,
  StatusError,
} from '@sheaf/api/meta'
import { createManualClock, type ManualClock } from '../controller/manual-clock.ts'
import type { Action, Admission, Kind, UserInfo } from '../kind.ts'
import { openMemoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { createApiServer } from './handler.ts'
import type { ApiServer, ApiServerOptions } from './index.ts'

export const user: UserInfo = { username: 'ada', groups: ['system:authenticated'] }

const widget: ResourceDefinition = {
  group: 'example.org',
  version: 'v1',
  kind: 'Widget',
  listKind: 'WidgetList',
  plural: 'widgets',
  singular: 'widget',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'org.example.v1.Widget',
  origin: 'custom',
  hasStatus: true,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    { name: 'Phase', type: 'string', description: 'How it is.', priority: 0, cell: (object) => phaseOf(object) },
    {
      name: 'Age',
      type: 'date',
      description: 'How old.',
      priority: 0,
      cell: (object) => object.metadata.creationTimestamp ?? undefined,
    },
  ],
  selectableFields: { 'status.phase': phaseOf },
  applyDefaults(object) {
    object.spec ??= {}
    if (isJsonObject(object.spec)) object.spec.color ??= 'red'
  },
  validate(object, old) {
    const size = isJsonObject(object.spec) ? object.spec.size : undefined
    const oldSize = isJsonObject(old?.spec) ? old.spec.size : undefined
    const shrinks = typeof size === 'number' && typeof oldSize === 'number' && size < oldSize
    return shrinks ? [invalid('spec.size', size, 'a widget does not shrink')] : []
  },
  warnings: (object) => (isJsonObject(object.spec) && object.spec.old === true ? ['spec.old is deprecated; use spec.size'] : []),
}

function phaseOf(object: ApiObject): string {
  return isJsonObject(object.status) && typeof object.status.phase === 'string' ? object.status.phase : ''
}

const gadget: ResourceDefinition = {
  ...widget,
  group: '',
  kind: 'Gadget',
  listKind: 'GadgetList',
  plural: 'gadgets',
  singular: 'gadget',
  schemaName: 'org.example.core.v1.Gadget',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  columns: [],
  selectableFields: {},
  applyDefaults: () => {},
  validate: () => [],
  warnings: () => [],
}

const tablet: ResourceDefinition = {
  ...gadget,
  kind: 'Tablet',
  listKind: 'TabletList',
  plural: 'tablets',
  singular: 'tablet',
  hasStatus: true,
  createsOnUpdate: true,
}

const realm: ResourceDefinition = {
  ...gadget,
  kind: 'Realm',
  listKind: 'RealmList',
  plural: 'namespaces',
  singular: 'namespace',
  scope: 'Cluster',
  schemaName: 'org.example.core.v1.Realm',
  hasStatus: true,
  nameRule: 'label',
  withoutVerbs: ['deletecollection'],
}

const widgetAdmission: Admission = {
  mutate({ object }) {
    if (object.metadata.labels?.mutate === 'yes')
      object.metadata.annotations = { ...object.metadata.annotations, mutated: 'true' }
  },
  validate({ operation, object, name }) {
    if (operation === 'DELETE' && object.metadata.annotations?.keep === 'true') {
      throw new StatusError(403, 'Forbidden', `widgets.example.org "${name}" is forbidden: it is to be kept`)
    }
  },
}

const realmAdmission: Admission = {
  mutate({ operation, object }) {
    if (operation === 'CREATE') object.spec = { finalizers: ['kubernetes'] }
  },
}

const actions: Action[] = [
  {
    kind: 'request',
    method: 'PUT',
    group: 'actions.example.org',
    versions: ['v1', 'v1alpha1'],
    plural: 'widgets',
    action: 'spin/fast',
    async run(call) {
      const { name, namespace, body } = call
      call.warn('spinning wears out')
      return { status: 202, headers: {}, body: JSON.stringify({ name, namespace, body }) }
    },
  },
  {
    kind: 'request',
    method: 'PUT',
    takesBytes: true,
    group: 'actions.example.org',
    versions: ['v1'],
    plural: 'widgets',
    action: 'paint',
    run: async ({ body, bytes }) => ({ status: 200, headers: {}, body: JSON.stringify({ body, bytes: [...bytes] }) }),
  },
  {
    kind: 'stream',
    group: 'actions.example.org',
    versions: ['v1'],
    plural: 'widgets',
    action: 'listen',
    connect: async ({ name }) => new PassThrough().end(`here is ${name}`),
  },
  ...['gears/{gear}', 'gears/{gear}/{speed}'].map(
    (action): Action => ({
      kind: 'request',
      method: 'GET',
      group: 'actions.example.org',
      versions: ['v1'],
      plural: 'widgets',
      action,
      run: async ({ parameters }) => ({ status: 200, headers: {}, body: JSON.stringify(parameters) }),
    }),
  ),
  ...['motto', 'namespaces/{namespace}/motto'].map(
    (action): Action => ({
      kind: 'request',
      method: 'GET',
      group: 'actions.example.org',
      versions: ['v1'],
      action,
      run: async ({ parameters }) => ({ status: 200, headers: {}, body: `turn ${parameters['namespace'] ?? 'on'}` }),
    }),
  ),
]

const any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const

const schemas: SchemaDefinitions = {
  'org.example.v1.Widget': {
    type: 'object',
    properties: {
      spec: { $ref: '#/definitions/org.example.v1.WidgetSpec' },
      status: any,
    },
  },
  'org.example.v1.WidgetSpec': {
    type: 'object',
    properties: {
      size: { type: 'integer', minimum: 0 },
      color: { type: 'string', enum: ['red', 'blue'] },
      old: { type: 'boolean' },
      note: { type: 'string' },
      parts: { type: 'array', items: any },
    },
  },
  'org.example.core.v1.Gadget': {
    type: 'object',
    properties: {
      data: { type: 'object', additionalProperties: { type: 'string' } },
      tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-patch-strategy': 'merge' },
      ports: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            name: { type: 'string' },
            port: { type: 'integer' },
            host: any,
            hints: { type: 'array', items: { type: 'string' } },
          },
        },
        'x-kubernetes-patch-strategy': 'merge',
        'x-kubernetes-patch-merge-key': 'name',
      },
      plain: { type: 'array', items: { type: 'integer' } },
      spec: any,
      status: any,
    },
  },
  'org.example.core.v1.Realm': { type: 'object', properties: { spec: any, status: any } },
}

export const kinds: readonly Kind[] = [
  { definition: widget, admission: widgetAdmission, actions },
  { definition: gadget },
  { definition: tablet },
  { definition: realm, admission: realmAdmission },
]

export interface TestServer {
  server: ApiServer
  store: Store
  clock: ManualClock
  /** What `onInternalError` was told. */
  failures: unknown[]
  /** Sends JSON and reads JSON. */
  send: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  raw: (request: ApiRequest) => Promise<ApiResponse>
}

/** Every field that some answer has: a test says which it expects. */
export interface Body {
  apiVersion: string
  kind: string
  metadata: ObjectMeta & ListMeta
  spec: Record<string, unknown>
  status: unknown
  data: Record<string, string>
  items: Body[]
  message: string
  reason: string
  code: number
  details: StatusDetails
  columnDefinitions: { name: string }[] | null
  rows: { cells: unknown[]; object: Body | null }[]
}

export interface Event {
  type: string
  object: Body
}

interface Answer {
  status: number
  headers: ApiResponse['headers']
  json: Body
  text: string
}

export const widgets = '/apis/example.org/v1/namespaces/home/widgets'
export const gadgets = '/api/v1/namespaces/home/gadgets'
export const tablets = '/api/v1/namespaces/home/tablets'

/** A server whose namespace `home` exists. */
export async function startServer(overrides: Partial<ApiServerOptions> = {}): Promise<TestServer> {
  const clock = createManualClock()
  const store = overrides.store ?? openMemoryStore()
  const failures: unknown[] = []
  let chance = 0
  const server = createApiServer({
    store,
    kinds,
    schemas,
    namespaces: { group: '', version: 'v1', plural: 'namespaces', protectedNames: ['default'] },
    clock,
    random: { uuid: () => crypto.randomUUID(), below: (bound) => (chance = (chance * 31 + 7) % 1_000_003) % bound },
    version: {
      major: '1',
      minor: '33',
      gitVersion: 'v1.33.0',
      gitCommit: '',
      gitTreeState: '',
      buildDate: '',
      goVersion: '',
      compiler: '',
      platform: '',
    },
    readiness: [],
    storeDescription: '/srv/store',
    onInternalError: (error) => failures.push(error),
    ...overrides,
  })
  const raw = (request: ApiRequest): Promise<ApiResponse> => server.handle(request, user)
  const send: TestServer['send'] = async (method, path, body, headers = {}) => {
    const content = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const response = await raw({ method, path, headers, ...content })
    const text = await textOf(response)
    return { status: response.status, headers: response.headers, text, json: parsed(text) as Body }
  }
  await send('POST', '/api/v1/namespaces', { metadata: { name: 'home' } })
  return { server, store, clock, failures, send, raw }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The whole body as text. */
export async function textOf({ body }: ApiResponse): Promise<string> {
  if (!isStreaming(body)) return typeof body === 'string' ? body : Buffer.from(body).toString()
  let text = ''
  for await (const frame of body) text += Buffer.from(frame).toString()
  return text
}

export function widgetNamed(name: string, spec: object = {}, metadata: object = {}): object {
  return { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { name, ...metadata }, spec }
}

export interface TestWatch {
  /** Fails at the end of the stream. */
  next(): Promise<Event>
  /** Everything until the end. */
  rest(): Promise<Event[]>
  abort(): void
}

export async function openWatch(server: TestServer, path: string, headers: Record<string, string> = {}): Promise<TestWatch> {
  const abort = new AbortController()
  const response = await server.raw({ method: 'GET', path, headers, signal: abort.signal })
  if (!isStreaming(response.body)) throw new Error(`no stream: ${response.status} ${String(response.body)}`)
  const frames = response.body[Symbol.asyncIterator]()
  const read = async (): Promise<Event | undefined> => {
    const result = await frames.next()
    return result.done === true ? undefined : (JSON.parse(Buffer.from(result.value).toString()) as Event)
  }
  return {
    async next() {
      const event = await read()
      if (event === undefined) throw new Error('the watch has ended')
      return event
    },
    async rest() {
      const all: Event[] = []
      for (let event = await read(); event !== undefined; event = await read()) all.push(event)
      return all
    },
    abort: () => abort.abort(),
  }
}
