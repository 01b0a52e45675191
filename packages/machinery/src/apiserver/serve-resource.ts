// A request about a Kind's objects: which verb it is, whether the path takes it, and the registry's answer.

import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import { badRequest, notFound, type ResourceDefinition, type Status } from '@sheaf/api/meta'
import type { UserInfo } from '../kind.ts'
import { apply } from '../registry/apply.ts'
import { applyScale } from '../registry/apply-scale.ts'
import { create } from '../registry/create.ts'
import { deleteObject, deletionStatus } from '../registry/delete.ts'
import { deleteCollection } from '../registry/delete-collection.ts'
import { finalize } from '../registry/finalize.ts'
import { get } from '../registry/get.ts'
import { type ListRequest, list } from '../registry/list.ts'
import { pathSegmentFinding } from '../registry/name-rules.ts'
import { isNamespaceResource } from '../registry/namespace-rules.ts'
import { unrecognized } from '../registry/object-shape.ts'
import { patch } from '../registry/patch.ts'
import type { DecodedBody, Registry, Resource, Subresource, Target, WriteCall } from '../registry/registry.ts'
import { answerReview } from '../registry/review.ts'
import { getScale, patchScale, replaceScale, scaleDefinition } from '../registry/scale.ts'
import { selectionOf } from '../registry/selectors/selection.ts'
import { update } from '../registry/update.ts'
import { updateStatus } from '../registry/update-status.ts'
import { decodeBody, decodePatch } from './decode-body.ts'
import { listOptionsOf, revisionOf } from './list-options.ts'
import { negotiate } from './negotiation.ts'
import { includeObjectOf, isPretty, type Presentation, presentList, presentObject, presentValue } from './present.ts'
import { MethodNotAllowed, pageNotFound, verbNotSupported } from './refusals.ts'
import type { ResourceRequest, Verb } from './request-info.ts'
import type { SentBody } from './request-observer.ts'
import type { WatchDesk } from './serve-watch.ts'
import { applyOptionsOf, deleteOptionsOf, managerOfUserAgent, type WriteOptions, writeOptionsOf } from './write-options.ts'

export interface ResourceExchange {
  registry: Registry
  watches: WatchDesk
  request: ApiRequest
  info: ResourceRequest
  resource: Resource
  user: UserInfo
  warn: (text: string) => void
  /** Throws unless the user may do that, too, to the object that the request is about. */
  mayAlso: (verb: Verb) => Promise<void>
  /** Told what a write says, once it is read. */
  onSent: (sent: SentBody) => void
  /** Told that a watch began; what it returns is called at its end. */
  onWatch: () => () => void
}

/** Throws a StatusError for everything that is refused. */
export async function serveResource(exchange: ResourceExchange): Promise<ApiResponse> {
  const place = placeOf(exchange)
  if (place === undefined) return pageNotFound
  checkVerb(exchange, place)
  const { request, info, watches } = exchange
  switch (info.verb) {
    case 'get':
      return serveGet(exchange, place)
    case 'list':
      return serveList(exchange, place.target)
    case 'watch':
      return watches.watch(request, place.target, info.query, exchange.onWatch)
    case 'create':
      return serveCreate(exchange, place.target)
    case 'update':
      return serveUpdate(exchange, place)
    case 'patch':
      return servePatch(exchange, place)
    case 'delete':
      return serveDelete(exchange, place.target)
    case 'deletecollection':
      return serveDeleteCollection(exchange, place.target)
    case undefined:
      throw new MethodNotAllowed(methodsOf(place))
  }
}

interface Place {
  target: Target
  subresource: Subresource | undefined
}

/** What the path points at; undefined for a path that this resource does not have. */
function placeOf({ registry, info, resource }: ResourceExchange): Place | undefined {
  const { definition } = resource
  const { name, subresource } = info
  const isCluster = definition.scope === 'Cluster'
  const isOwnNamespace = info.resource === 'namespaces' && info.namespace === name
  if (isCluster ? info.namespace !== '' && !isOwnNamespace : info.namespace === '' && name !== '') return undefined
  const finding = pathSegmentFinding(name) ?? pathSegmentFinding(info.namespace)
  if (finding !== undefined) throw badRequest(`invalid name in the path: it ${finding}`)
  const target: Target = { resource, namespace: isCluster ? '' : info.namespace, name }
  if (subresource === '') return { target, subresource: undefined }
  if (subresource === 'status' && definition.hasStatus) return { target, subresource }
  if (subresource === 'scale' && definition.scale !== undefined) return { target, subresource }
  if (subresource === 'finalize' && isNamespaceResource(registry, resource)) return { target, subresource }
  if (definition.origin === 'custom') throw notFound(definition, name)
  return undefined
}

function checkVerb({ info, resource }: ResourceExchange, place: Place): void {
  const { verb } = info
  const allowed = verbsOf(place)
  if (verb === undefined || !allowed.includes(verb)) throw new MethodNotAllowed(methodsOf(place))
  if (resource.definition.withoutVerbs.includes(verb)) throw verbNotSupported(resource.definition, verb, methodsOf(place))
}

function verbsOf({ target, subresource }: Place): readonly Verb[] {
  if (subresource === 'finalize') return ['update']
  if (subresource !== undefined) return ['get', 'update', 'patch']
  if (target.name !== '') return ['get', 'watch', 'update', 'patch', 'delete']
  const isEverywhere = target.resource.definition.scope === 'Namespaced' && target.namespace === ''
  return isEverywhere ? ['list', 'watch'] : ['list', 'watch', 'create', 'deletecollection']
}

const methods: Readonly<Record<Verb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
}

function methodsOf(place: Place): string[] {
  const { withoutVerbs } = place.target.resource.definition
  const verbs = verbsOf(place).filter((verb) => !withoutVerbs.includes(verb))
  return [...new Set(verbs.map((verb) => methods[verb]))]
}

function presentationOf({ registry, request, info, resource }: ResourceExchange, subresource?: Subresource): Presentation {
  return {
    definition: subresource === 'scale' ? scaleDefinition : resource.definition,
    form: negotiate(request.headers.accept, { yaml: true, table: true }),
    pretty: isPretty(info.query, request.headers['user-agent']),
    includeObject: includeObjectOf(info.query),
    nowMs: registry.clock.now(),
  }
}

async function serveGet(exchange: ResourceExchange, { target, subresource }: Place): Promise<ApiResponse> {
  const presentation = presentationOf(exchange, subresource)
  const read = subresource === 'scale' ? getScale : get
  return presentObject(200, await read(exchange.registry, target, revisionOf(exchange.info.query)), presentation)
}

async function serveList(exchange: ResourceExchange, target: Target): Promise<ApiResponse> {
  const presentation = presentationOf(exchange)
  return presentList(await list(exchange.registry, listRequestOf(target, exchange.info.query)), presentation)
}

function listRequestOf(target: Target, query: URLSearchParams): ListRequest {
  const { labelSelector, fieldSelector, limit, from } = listOptionsOf(query)
  return { ...target, selection: selectionOf(target.resource.definition, labelSelector, fieldSelector), limit, from }
}

async function serveCreate(exchange: ResourceExchange, target: Target): Promise<ApiResponse> {
  const presentation = presentationOf(exchange)
  const call = writeCallOf(exchange, target, writeOptionsOf('CreateOptions', exchange.info.query))
  const body = requiredBody(exchange)
  const { review } = target.resource
  const created =
    review === undefined ? create(exchange.registry, call, body) : answerReview(exchange.registry, call, body, review)
  return presentObject(201, await created, presentation)
}

async function serveUpdate(exchange: ResourceExchange, { target, subresource }: Place): Promise<ApiResponse> {
  const presentation = presentationOf(exchange, subresource)
  const call = writeCallOf(exchange, target, writeOptionsOf('UpdateOptions', exchange.info.query))
  const body = requiredBody(exchange)
  switch (subresource) {
    case 'status':
      return presentObject(200, await updateStatus(exchange.registry, call, body), presentation)
    case 'scale':
      return presentObject(200, await replaceScale(exchange.registry, call, body), presentation)
    case 'finalize':
      return presentObject(200, await finalize(exchange.registry, call, body), presentation)
    case undefined: {
      const { encoded, isNew } = await update(exchange.registry, call, body, () => exchange.mayAlso('create'))
      return presentObject(isNew ? 201 : 200, encoded, presentation)
    }
  }
}

async function servePatch(exchange: ResourceExchange, { target, subresource }: Place): Promise<ApiResponse> {
  const presentation = presentationOf(exchange, subresource)
  const { type, body } = decodePatch(exchange.request, exchange.resource.definition.origin)
  exchange.onSent({ form: type, value: body.value })
  if (type === 'apply') {
    const options = applyOptionsOf(exchange.info.query)
    const request = { subresource, body, force: options.force }
    const call = writeCallOf(exchange, target, options)
    if (subresource === 'scale') return presentObject(200, await applyScale(exchange.registry, call, request), presentation)
    const { encoded, isNew } = await apply(exchange.registry, call, request, () => exchange.mayAlso('create'))
    return presentObject(isNew ? 201 : 200, encoded, presentation)
  }
  const call = writeCallOf(exchange, target, writeOptionsOf('PatchOptions', exchange.info.query))
  const patched =
    subresource === 'scale'
      ? patchScale(exchange.registry, call, type, body)
      : patch(exchange.registry, call, subresource, type, body)
  return presentObject(200, await patched, presentation)
}

async function serveDelete(exchange: ResourceExchange, target: Target): Promise<ApiResponse> {
  const presentation = presentationOf(exchange)
  const options = deleteOptionsOf(exchange.info.query, deleteBody(exchange)?.value)
  const call = writeCallOf(exchange, target, deletionAs(options))
  const result = await deleteObject(exchange.registry, call, options)
  if (result.kind === 'held') return presentObject(200, result.encoded, presentation)
  return presentValue(200, deletionStatus(call, result) satisfies Status, presentation)
}

async function serveDeleteCollection(exchange: ResourceExchange, target: Target): Promise<ApiResponse> {
  const presentation = presentationOf(exchange)
  const options = deleteOptionsOf(exchange.info.query, deleteBody(exchange)?.value)
  const call = writeCallOf(exchange, target, deletionAs(options))
  const request = listRequestOf(target, exchange.info.query)
  return presentList(await deleteCollection(exchange.registry, call, request, options), presentation)
}

/** A deletion brings in no fields. */
function deletionAs({ dryRun }: { dryRun: boolean }): WriteOptions {
  return { dryRun, fieldValidation: 'Ignore', fieldManager: '' }
}

function writeCallOf({ user, warn, request }: ResourceExchange, target: Target, options: WriteOptions): WriteCall {
  const { fieldManager, dryRun, fieldValidation } = options
  const manager = fieldManager || managerOfUserAgent(request.headers['user-agent'] ?? '')
  return { ...target, dryRun, fieldValidation, fieldManager: manager, user, warn }
}

function requiredBody({ request, resource: { definition }, onSent }: ResourceExchange): DecodedBody {
  const body = decodeBody(request, definition.origin, (why, text) => unrecognized(definition, why, text))
  if (body === undefined) throw emptyBody(definition)
  onSent({ form: 'object', value: body.value })
  return body
}

function emptyBody(definition: ResourceDefinition): Error {
  return unrecognized(definition, "couldn't get version/kind; json parse error: unexpected end of JSON input", '')
}

/** Typed clients send their options as protobuf, whatever the Kind. */
function deleteBody({ request }: ResourceExchange): DecodedBody | undefined {
  return decodeBody(request, 'native', (why) => badRequest(`the body of a DELETE is no DeleteOptions: ${why}`))
}
