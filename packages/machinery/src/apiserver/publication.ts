// What the server says about itself: versions, health, discovery and OpenAPI. Built at the first question, then bytes, until something else is served.

import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import { acceptedTypes } from './accept-header.ts'
import type { PublicationOptions } from './api-server.ts'
import { aggregatedDiscovery, coreVersions, groupDocument, groupList, resourceList } from './discovery.ts'
import { answerHealth, healthPaths } from './health.ts'
import { createOpenapi, createOpenapiMemory, type OpenapiMemory } from './openapi/openapi.ts'
import { answerDocument, once, type PublishedDocument, publish } from './published-document.ts'
import { rootPath, type ServedGroup, servedGroups } from './served-groups.ts'

type Responder = (request: ApiRequest, query: URLSearchParams) => ApiResponse | undefined

/** Answers GET and HEAD of the paths that are no resources; `undefined` for all others. */
export function createPublication(
  options: PublicationOptions,
  memory: OpenapiMemory = createOpenapiMemory(),
): (request: ApiRequest) => ApiResponse | undefined {
  const groups = servedGroups(options.kinds)
  const health = healthPaths(options.readiness)
  const openapi = createOpenapi(options, groups, memory)
  const documents = new Map<string, Responder>([
    ...discoveryResponders(groups),
    ['/version', fixed(() => options.version)],
    ['/', fixed(() => ({ paths: allPaths() }))],
  ])

  function allPaths(): string[] {
    const checks = [...health].flatMap(([path, checks]) => [path, ...checks.map(({ name }) => `${path}/${name}`)])
    const further = Object.keys(options.documents ?? {})
    return [...documents.keys(), ...further, ...checks, ...openapi.paths].filter((path) => path !== '/').sort()
  }

  return (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    const { path, query } = parsePath(request.path)
    const respond = documents.get(path)
    return respond?.(request, query) ?? answerHealth(health, path, query) ?? openapi.answer(request, path, query)
  }
}

function parsePath(requested: string): { path: string; query: URLSearchParams } {
  const [path = '', query = ''] = requested.split('?', 2)
  return { path: path.length > 1 ? path.replace(/\/$/, '') : '/', query: new URLSearchParams(query) }
}

/** A document that every client gets in the same form. */
function fixed(build: () => object): Responder {
  const document = once(() => publish('application/json', build()))
  return (request) => answerDocument(document(), request)
}

function discoveryResponders(groups: readonly ServedGroup[]): [path: string, respond: Responder][] {
  const core = groups.filter(({ name }) => name === '')
  const named = groups.filter(({ name }) => name !== '')
  return [
    ['/api', negotiated(core, () => coreVersions(core))],
    ['/apis', negotiated(named, () => groupList(named))],
    ...named.map((group): [string, Responder] => [`/apis/${group.name}`, fixed(() => groupDocument(group))]),
    ...groups.flatMap((group) =>
      group.versions.map((served): [string, Responder] => [
        rootPath(group.name, served.version),
        fixed(() => resourceList(group, served)),
      ]),
    ),
  ]
}

/** Newer clients get all groups at once, in the version of the document that they can read; others the plain form. */
function negotiated(groups: readonly ServedGroup[], legacy: () => object): Responder {
  const aggregated = (version: 'v2' | 'v2beta1'): (() => PublishedDocument) =>
    once(() => publish(discoveryType(version), aggregatedDiscovery(groups, version)))
  const forms = {
    v2: aggregated('v2'),
    v2beta1: aggregated('v2beta1'),
    legacy: once(() => publish('application/json', legacy())),
  }
  return (request) => answerDocument(forms[discoveryForm(request)](), request)
}

/** Clients compare the parameters: these and no others, or they read the body as the plain form. */
const discoveryType = (version: string): string => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`

function discoveryForm(request: ApiRequest): 'v2' | 'v2beta1' | 'legacy' {
  for (const { type, parameters } of acceptedTypes(request.headers.accept)) {
    if (type !== 'application/json' && type !== 'application/*' && type !== '*/*') continue
    if (parameters.as === undefined) return 'legacy'
    if (parameters.as !== 'APIGroupDiscoveryList' || parameters.g !== 'apidiscovery.k8s.io') continue
    if (parameters.v === 'v2' || parameters.v === 'v2beta1') return parameters.v
  }
  return 'legacy'
}
