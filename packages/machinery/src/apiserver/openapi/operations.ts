// What can be done at which path, in a form from which both versions of OpenAPI are written.

import { type ResourceDefinition, resourcePath } from '@sheaf/api/meta'
import type { Action } from '../../kind.ts'
import { scaleDefinition } from '../../registry/scale.ts'
import { rootPath, type ServedAction, type ServedGroup, type ServedVersion, verbsOf } from '../served-groups.ts'
import { type GroupVersionKind, listSchemaName } from './definitions.ts'
import { metaNames } from './meta-definitions.ts'

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch'

export interface Parameter {
  name: string
  in: 'path' | 'query'
  type: 'string' | 'boolean' | 'integer'
  description: string
}

export interface Operation {
  path: string
  method: Method
  /** Kubernetes' word for it: `x-kubernetes-action`. */
  action: 'list' | 'get' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection' | 'connect'
  id: string
  groupVersionKind: GroupVersionKind
  parameters: readonly Parameter[]
  contentTypes: readonly string[]
  /** Names of definitions. */
  body?: string
  response?: string
}

const query = (name: string, type: Parameter['type'], description: string): Parameter => ({
  name,
  in: 'query',
  type,
  description,
})

// kubectl decides by these four on PATCH whether the server can dry-run and check fields itself.
const dryRun = query('dryRun', 'string', 'All: check everything and answer as usual, but store nothing.')
const fieldManager = query('fieldManager', 'string', 'Name under which the changed fields are kept in managedFields.')
const fieldValidation = query(
  'fieldValidation',
  'string',
  'Ignore, Warn or Strict: what to do about unknown and duplicate fields.',
)
const force = query('force', 'boolean', 'For server-side apply: take over fields that others manage.')
const writeParameters = [dryRun, fieldManager, fieldValidation]
const deleteParameters = [
  dryRun,
  query('gracePeriodSeconds', 'integer', 'How long the object may take to end; 0 is at once.'),
  query('propagationPolicy', 'string', 'Orphan, Background or Foreground.'),
]
const selectParameters = [
  query('labelSelector', 'string', 'Only objects with these labels.'),
  query('fieldSelector', 'string', 'Only objects with these fields.'),
  query('limit', 'integer', 'At most this many objects; continue gets the rest.'),
  query('continue', 'string', 'Where the previous part of the list ended.'),
  query('resourceVersion', 'string', 'The state to show or to watch from.'),
  query('resourceVersionMatch', 'string', 'Exact or NotOlderThan: how to read resourceVersion.'),
]
const listParameters = [
  ...selectParameters,
  query('watch', 'boolean', 'Stream changes instead of a list.'),
  query('allowWatchBookmarks', 'boolean', 'Send BOOKMARK events in a watch.'),
  query('sendInitialEvents', 'boolean', 'Begin a watch with the objects that exist.'),
  query('timeoutSeconds', 'integer', 'How long a watch lasts.'),
]

const pathParameters: Readonly<Record<string, Parameter>> = {
  '{namespace}': { name: 'namespace', in: 'path', type: 'string', description: 'Where the object lives.' },
  '{name}': { name: 'name', in: 'path', type: 'string', description: 'Name of the object.' },
}

const jsonTypes = ['application/json', 'application/yaml']
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']

/** The operations of one group version, in the order of its resources. */
export function operationsOf(group: ServedGroup, served: ServedVersion): Operation[] {
  return [
    ...served.definitions.flatMap(resourceOperations),
    ...served.actions.flatMap((each) => actionOperations(group.name, served.version, each)),
  ]
}

function resourceOperations(definition: ResourceDefinition): Operation[] {
  const verbs = new Set(verbsOf(definition))
  const path = templatePath(definition)
  const collection = path.slice(0, -'/{name}'.length)
  const own = definition.schemaName
  const list = listSchemaName(definition)
  const operation = operationMaker(definition)
  const contentTypes = definition.origin === 'native' ? [...patchTypes, 'application/strategic-merge-patch+json'] : patchTypes
  const patch = { parameters: [...writeParameters, force], contentTypes, body: metaNames.patch, response: own }
  const everywhere = definition.scope === 'Namespaced' ? [resourcePath(definition, {})] : []

  const byVerb: [verb: string, operations: Operation[]][] = [
    [
      'list',
      [collection, ...everywhere].map((each) => operation(each, 'get', 'list', { parameters: listParameters, response: list })),
    ],
    ['create', [operation(collection, 'post', 'post', { parameters: writeParameters, body: own, response: own })]],
    ['deletecollection', [operation(collection, 'delete', 'deletecollection', deletion(selectParameters))]],
    ['get', [operation(path, 'get', 'get', { response: own })]],
    ['update', [operation(path, 'put', 'put', { parameters: writeParameters, body: own, response: own })]],
    ['patch', [operation(path, 'patch', 'patch', patch)]],
    ['delete', [operation(path, 'delete', 'delete', deletion([]))]],
  ]
  return [
    ...byVerb.flatMap(([verb, operations]) => (verbs.has(verb) ? operations : [])),
    ...(definition.hasStatus ? subresourceOperations(operation, `${path}/status`, own, patch) : []),
    ...(definition.scale === undefined
      ? []
      : subresourceOperations(operationMaker(scaleDefinition), `${path}/scale`, metaNames.scale, patch)),
  ]
}

function subresourceOperations(
  operation: ReturnType<typeof operationMaker>,
  path: string,
  schema: string,
  patch: Details,
): Operation[] {
  return [
    operation(path, 'get', 'get', { response: schema }),
    operation(path, 'put', 'put', { parameters: writeParameters, body: schema, response: schema }),
    operation(path, 'patch', 'patch', { ...patch, response: schema }),
  ]
}

const deletion = (selection: readonly Parameter[]): Details => ({
  parameters: [...deleteParameters, ...selection],
  body: metaNames.deleteOptions,
  response: metaNames.status,
})

function actionOperations(group: string, version: string, { action, definition }: ServedAction): Operation[] {
  const inGroup = { ...definition, group, version, plural: action.plural ?? '' }
  const path = `${action.plural === undefined ? rootPath(group, version) : templatePath(inGroup)}/${action.action}`
  return [operationMaker(inGroup)(path, methodOf(action), 'connect', {})]
}

const methodOf = (action: Action): Method =>
  action.kind === 'stream' ? 'get' : ({ GET: 'get', PUT: 'put', POST: 'post' } as const)[action.method]

function templatePath({ group, version, plural, scope }: ResourceDefinition): string {
  const namespace = scope === 'Namespaced' ? '/namespaces/{namespace}' : ''
  return `${rootPath(group, version)}${namespace}/${plural}/{name}`
}

type Details = Partial<Pick<Operation, 'parameters' | 'contentTypes' | 'body' | 'response'>>

function operationMaker({ group, version, kind }: GroupVersionKind) {
  return (path: string, method: Method, action: Operation['action'], details: Details): Operation => ({
    path,
    method,
    action,
    id: operationId(action, path),
    groupVersionKind: { group, version, kind },
    contentTypes: jsonTypes,
    ...details,
    parameters: [...namedIn(path), ...(details.parameters ?? [])],
  })
}

function namedIn(path: string): Parameter[] {
  return (path.match(/\{\w+\}/g) ?? []).map((braced) => pathParameters[braced] ?? ownParameter(braced.slice(1, -1)))
}

const ownParameter = (name: string): Parameter => ({ name, in: 'path', type: 'string', description: `The ${name}.` })

/** Unique because a path has each action once: `patchApisAppsV1NamespacesNamespaceDeploymentsName`. */
function operationId(action: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return action + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('')
}
