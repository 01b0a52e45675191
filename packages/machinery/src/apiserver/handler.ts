// The one function from request to answer: publication, then actions, then Kinds, else nothing is there.

import type { Duplex } from 'node:stream'
import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import { type ResourceDefinition, StatusError } from '@sheaf/api/meta'
import type { Kind, UserInfo } from '../kind.ts'
import type { NamespaceResource, Registry, Resource } from '../registry/registry.ts'
import { storagePrefix } from '../registry/registry.ts'
import { RevisionWaiters } from '../registry/revision-waiters.ts'
import { type AccessAttributes, type Authorizer, accessAttributesOf, accessDenied, type Decision } from './access.ts'
import { actionName } from './action-paths.ts'
import type { ApiServer, ApiServerOptions } from './api-server.ts'
import { type DefinedKinds, followDefinitions } from './defined-kinds.ts'
import { isPretty } from './present.ts'
import { createOpenapiMemory } from './openapi/openapi.ts'
import { createPublication } from './publication.ts'
import { pageNotFound, presentRefusal, refusalOf } from './refusals.ts'
import { remembered } from '../remembered.ts'
import { type RequestInfo, requestInfoOf, type ResourceRequest, type Verb } from './request-info.ts'
import { type RequestSubject, type SentBody, subjectOf, subjectOfMethod } from './request-observer.ts'
import { checkTimeout } from './request-timeout.ts'
import { indexResources, type MatchedAction, type ResourceIndex } from './resource-index.ts'
import { notAStream, openAction, serveAction } from './serve-action.ts'
import { serveResource } from './serve-resource.ts'
import { createWatchDesk, type WatchDesk } from './serve-watch.ts'
import { collectWarnings } from './warnings.ts'

interface Desk {
  options: ApiServerOptions
  index: ResourceIndex
  registry: Registry
  watches: WatchDesk
  /** Undefined where nothing is ever defined. */
  defined: DefinedKinds | undefined
  publish: Publish
  /** What is at a path: asked by who writes a request down, who lets it pass, and who answers it. */
  match: (line: string) => Match
  listeners: Set<() => void>
}

type Publish = ReturnType<typeof createPublication>

/** Throws when the Kinds contradict each other. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const desk = deskOf(options)
  return {
    handle: (request, user, onDecision) => answer(desk, { request, user, onDecision }),
    connect: (request, user, onDecision) => connect(desk, { request, user, onDecision }),
    attributesOf: ({ method, path }) => desk.match(`${method} ${path}`).attributes,
    fetchAs: (user) => (request) => answer(desk, { request, user }),
    served: () => servedOnce(kindsOf(desk)),
    onServedChange(listener) {
      desk.listeners.add(listener)
      return () => void desk.listeners.delete(listener)
    },
    close() {
      desk.defined?.close()
      desk.watches.close()
      desk.registry.revisions.close()
    },
  }
}

/** Requests that are looked at while others are on their way. */
const mostUnderWay = 256

function deskOf(options: ApiServerOptions): Desk {
  const { store, clock, random, schemas, kinds } = options
  const index = indexResources(kinds, schemas)
  const registry: Registry = {
    store,
    clock,
    random,
    schemas,
    namespaces: namespacesOf(options, index),
    revisions: new RevisionWaiters(store, clock),
    charge: options.charge,
  }
  const watches = createWatchDesk(registry)
  const desk: Desk = {
    options,
    index,
    registry,
    watches,
    defined: undefined,
    publish: publishAll,
    match: remembered(mostUnderWay, matchLine),
    listeners: new Set(),
  }
  function matchLine(line: string): Match {
    const at = line.indexOf(' ')
    return matchRequest(desk, line.slice(0, at), line.slice(at + 1))
  }
  let publication: Publish | undefined
  function publishAll(request: ApiRequest): ApiResponse | undefined {
    publication ??= createPublication({ ...options, kinds: kindsOf(desk) }, openapiMemory)
    return publication(request)
  }
  const openapiMemory = createOpenapiMemory()
  desk.defined = definedIn(options, index, registry, (gone) => {
    publication = undefined
    desk.match = remembered(mostUnderWay, matchLine)
    watches.endThoseOf(gone)
    for (const listener of desk.listeners) listener()
  })
  return desk
}

const kindsOf = ({ options, defined }: Desk): readonly Kind[] => [...options.kinds, ...(defined?.kinds() ?? [])]

function servedOnce(kinds: readonly Kind[]): ResourceDefinition[] {
  const byPrefix = new Map<string, ResourceDefinition>()
  for (const { definition, storedAs } of kinds) {
    if (storedAs !== undefined) continue
    const prefix = storagePrefix(definition)
    if (!byPrefix.has(prefix) || definition.storageVersion === definition.version) byPrefix.set(prefix, definition)
  }
  return [...byPrefix.values()]
}

function definedIn(
  { definitions: role }: ApiServerOptions,
  index: ResourceIndex,
  registry: Registry,
  onChange: (gone: readonly Resource[]) => void,
): DefinedKinds | undefined {
  if (role === undefined) return undefined
  const definitions = index.resource(role.group, role.version, role.plural)
  if (definitions === undefined) throw new Error(`${role.plural} are to define Kinds, but are not among the Kinds`)
  return followDefinitions({ registry, role, definitions, ownPrefixes: index.prefixes, onChange })
}

function namespacesOf({ namespaces }: ApiServerOptions, index: ResourceIndex): NamespaceResource | undefined {
  if (namespaces === undefined) return undefined
  const { group, version, plural } = namespaces
  const resource = index.resource(group, version, plural)
  if (resource === undefined) throw new Error(`${group}/${version} ${plural} is to play namespace, but is not among the Kinds`)
  return { resource, protectedNames: namespaces.protectedNames }
}

/** A request and who sent it. */
interface Visit {
  request: ApiRequest
  user: UserInfo
  onDecision?: ((decision: Decision) => void) | undefined
}

/** What is learnt of a request on its way, for those who count. */
interface Notes {
  readonly startedMs: number
  readonly match: Match
  subject: RequestSubject
  sent?: SentBody
}

function notesOf({ options, match: matchOf }: Desk, { method, path }: ApiRequest): Notes {
  const match = matchOf(`${method} ${path}`)
  return { startedMs: options.clock.now(), match, subject: match.subject }
}

/** Whoever counts has no part in the answer: its trouble is told, and the answer goes out. */
function report({ options }: Desk, { request, user }: Visit, notes: Notes, code: number): void {
  const { startedMs, subject, sent } = notes
  try {
    options.observer?.answered({
      subject,
      user,
      userAgent: request.headers['user-agent'] ?? '',
      dryRun: /[?&]dryRun=All(&|$)/.test(request.path),
      code,
      durationMs: options.clock.now() - startedMs,
      ...(sent === undefined ? {} : { sent }),
    })
  } catch (error) {
    options.onInternalError(error, request)
  }
}

async function answer(desk: Desk, visit: Visit): Promise<ApiResponse> {
  const { options } = desk
  const { request } = visit
  const warnings = collectWarnings()
  const notes = notesOf(desk, request)
  const response = await route(desk, visit, warnings.warn, notes).catch((error: unknown) => {
    const refusal = refusalOf(error, options.storeDescription)
    // A refusal that was meant is no trouble of ours, whatever its code.
    if (refusal.code > 499 && !(error instanceof StatusError)) options.onInternalError(error, request)
    const query = new URLSearchParams(request.path.split('?')[1])
    return presentRefusal(refusal, isPretty(query, request.headers['user-agent']))
  })
  report(desk, visit, notes, response.status)
  const texts = warnings.headers()
  const headers: ApiResponse['headers'] = {
    'audit-id': auditIdOf(request) ?? options.random.uuid(),
    'cache-control': 'no-cache, private',
    ...response.headers,
    ...(texts.length === 0 ? {} : { warning: texts }),
  }
  return { ...response, headers }
}

/** A client's own id is echoed when it can stand in a header. */
function auditIdOf({ headers }: ApiRequest): string | undefined {
  const id = headers['audit-id']
  return id !== undefined && /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined
}

/** What there is at the path of a request. */
interface Match {
  info: RequestInfo
  actions: readonly MatchedAction[]
  resource: Resource | undefined
  attributes: AccessAttributes
  subject: RequestSubject
}

function matchRequest({ index, defined }: Desk, method: string, path: string): Match {
  const info = requestInfoOf(method, path)
  const actions = info.kind === 'path' ? [] : index.actionsAt(info)
  const isOfKind = info.kind === 'resource' && actions.length === 0
  const resource = isOfKind ? (resourceAt(index, info) ?? resourceAt(defined, info)) : undefined
  const attributes = accessAttributesOf(info, actions)
  return { info, actions, resource, attributes, subject: subjectAt(method, info, actions, resource) }
}

function subjectAt(
  method: string,
  info: RequestInfo,
  actions: readonly MatchedAction[],
  resource: Resource | undefined,
): RequestSubject {
  if (info.kind === 'path') return subjectOfMethod(method)
  if (actions.length > 0) return subjectOfAction(method, info, actions)
  if (resource === undefined) return subjectOfMethod(method)
  return subjectOf(method, info, { kind: resource.definition.kind, subresource: ownSubresource(info) })
}

function resourceAt(
  index: Pick<ResourceIndex, 'resource'> | undefined,
  { group, version, resource }: ResourceRequest,
): Resource | undefined {
  return index?.resource(group, version, resource)
}

/** Throws Forbidden. Deny is what an authorizer says of everything that it does not know. */
async function authorize(
  authorizer: Authorizer | undefined,
  { user, onDecision }: Visit,
  attributes: AccessAttributes,
): Promise<void> {
  if (authorizer === undefined) return
  const answer = authorizer.authorize(user, attributes)
  // One who knows does not keep the request waiting.
  const decision = answer instanceof Promise ? await answer : answer
  onDecision?.(decision)
  if (!decision.allowed) throw accessDenied(user, attributes, decision.reason)
}

async function route(desk: Desk, visit: Visit, warn: (text: string) => void, notes: Notes): Promise<ApiResponse> {
  const { request, user } = visit
  const { authorizer } = desk.options
  const { info, actions, resource, attributes } = notes.match
  if (authorizer !== undefined) await authorize(authorizer, visit, attributes)
  if (info.kind === 'path') return desk.publish(request) ?? furtherDocument(desk, request) ?? pageNotFound
  if (actions.length > 0) return serveAction({ request, info, actions, user, warn })
  if (resource === undefined) return pageNotFound
  if (resource.definition.deprecationWarning !== undefined) warn(resource.definition.deprecationWarning)
  if (info.verb !== 'watch') checkTimeout(info.query)
  const { registry, watches } = desk
  const mayAlso = (verb: Verb): Promise<void> => authorize(authorizer, { request, user }, { ...attributes, verb })
  const onSent = (sent: SentBody): void => void (notes.sent = sent)
  const onWatch = (): (() => void) => desk.options.observer?.watching(notes.subject) ?? (() => {})
  const response = await serveResource({ registry, watches, request, info, resource, user, warn, mayAlso, onSent, onWatch })
  return response === pageNotFound ? response : { ...response, headers: { vary: 'Accept', ...response.headers } }
}

function furtherDocument({ options }: Desk, { method, path }: ApiRequest): Promise<ApiResponse> | undefined {
  const [plain = ''] = path.split('?')
  const isRead = method === 'GET' || method === 'HEAD'
  return isRead && Object.hasOwn(options.documents ?? {}, plain) ? options.documents?.[plain]?.() : undefined
}

/** Any word may stand there; only those that mean something are told. */
function ownSubresource({ subresource }: ResourceRequest): string {
  return subresource === 'status' || subresource === 'finalize' ? subresource : ''
}

function subjectOfAction(method: string, info: ResourceRequest, [matched]: readonly MatchedAction[]): RequestSubject {
  const name = matched === undefined ? '' : actionName(matched.action)
  // An action is called; nothing is listed by it.
  const subject = { ...subjectOf(method, info, { kind: '', subresource: name }), verb: subjectOfMethod(method).verb }
  // One that is about no object is what its path ends with: `/apis/<group>/<version>/<action>`.
  return matched?.action.plural === undefined ? { ...subject, resource: name.split('/').at(-1) ?? '', subresource: '' } : subject
}

async function connect(desk: Desk, visit: Visit): Promise<Duplex> {
  const notes = notesOf(desk, visit.request)
  try {
    const stream = await openStream(desk, visit, notes)
    report(desk, visit, notes, 101)
    return stream
  } catch (error) {
    report(desk, visit, notes, refusalOf(error, desk.options.storeDescription).code)
    throw error
  }
}

async function openStream(desk: Desk, visit: Visit, notes: Notes): Promise<Duplex> {
  const { request, user } = visit
  const { info, actions, attributes } = notes.match
  if (info.kind === 'resource' && actions.length > 0) notes.subject = { ...notes.match.subject, verb: 'CONNECT' }
  await authorize(desk.options.authorizer, visit, attributes)
  if (info.kind === 'path' || actions.length === 0) throw notAStream()
  // The answer to an upgrade has no place for warnings.
  return openAction({ request, info, actions, user, warn: () => {} })
}
