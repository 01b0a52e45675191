// What a request is about, read from its method and path alone: authorization asks the same question before it is
// known whether such a resource exists. Pure.

export type Verb = 'create' | 'get' | 'list' | 'watch' | 'update' | 'patch' | 'delete' | 'deletecollection'

export interface ResourceRequest {
  kind: 'resource'
  /** Undefined for a method that no resource knows. */
  verb: Verb | undefined
  group: string
  version: string
  /** Empty at cluster scope. For one Namespace its own name, so that a role inside it can grant reading it. */
  namespace: string
  resource: string
  /** Empty for a collection. */
  name: string
  /** The rest of the path, such as `status` or `evacuate/cancel`; empty for the object itself. */
  subresource: string
  query: URLSearchParams
}

export interface PathRequest {
  kind: 'path'
  /** The method in lower case, as authorization names it. */
  verb: string
  path: string
  query: URLSearchParams
}

export type RequestInfo = ResourceRequest | PathRequest

/** The only two names after `/namespaces/<name>/` that belong to the Namespace and are no resource inside it. */
const namespaceSubresources = new Set(['status', 'finalize'])

/** Most requests ask for nothing further; nobody changes it. */
const noQuery = new URLSearchParams()

export function requestInfoOf(method: string, pathAndQuery: string): RequestInfo {
  const [path = '', search = ''] = splitOnce(pathAndQuery, '?')
  const query = search === '' ? noQuery : new URLSearchParams(search)
  const parts = segmentsOf(path)
  const root = parts === undefined ? undefined : resourceRootOf(parts)
  if (root === undefined) return { kind: 'path', verb: method.toLowerCase(), path, query }
  const { group, version } = root
  const isWatchPath = root.rest[0] === 'watch' && root.rest.length > 1
  const { namespace, resource, name, subresource } = locate(isWatchPath ? root.rest.slice(1) : root.rest)
  const verb = verbOf(method, name !== '', isWatchPath || (subresource === '' && isTrue(query.get('watch'))))
  return { kind: 'resource', verb, group, version, namespace, resource, name, subresource, query }
}

/** How Kubernetes reads a boolean parameter: present is true, unless it says false or 0. */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== 'false' && value !== '0'
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** Undefined when the path cannot name a resource: an empty segment, or one that does not decode. */
function segmentsOf(path: string): string[] | undefined {
  const raw = path.split('/').slice(1)
  if (raw.at(-1) === '') raw.pop()
  try {
    const parts = path.includes('%') ? raw.map(decodeURIComponent) : raw
    return parts.includes('') ? undefined : parts
  } catch {
    return undefined
  }
}

function resourceRootOf(parts: string[]): { group: string; version: string; rest: string[] } | undefined {
  const [root, first, second] = parts
  if (root === 'api' && parts.length > 2) return { group: '', version: first ?? '', rest: parts.slice(2) }
  if (root === 'apis' && parts.length > 3) return { group: first ?? '', version: second ?? '', rest: parts.slice(3) }
  return undefined
}

interface Location {
  namespace: string
  resource: string
  name: string
  subresource: string
}

function locate(parts: string[]): Location {
  const [head = '', namespace = '', next = ''] = parts
  const isInside = head === 'namespaces' && parts.length > 2 && !(namespaceSubresources.has(next) && parts.length === 3)
  const [resource = '', name = '', ...rest] = isInside ? parts.slice(2) : parts
  const ownName = head === 'namespaces' ? namespace : ''
  return { namespace: isInside ? namespace : ownName, resource, name, subresource: rest.join('/') }
}

function verbOf(method: string, hasName: boolean, isWatch: boolean): Verb | undefined {
  switch (method.toUpperCase()) {
    case 'GET':
    case 'HEAD':
      return isWatch ? 'watch' : hasName ? 'get' : 'list'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return hasName ? 'delete' : 'deletecollection'
    default:
      return undefined
  }
}
