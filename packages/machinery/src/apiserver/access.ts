// What is asked before anything else of a request: may this user do that? The attributes are Kubernetes', so that its
// roles, messages and reviews mean the same here.

import { forbiddenError, StatusError } from '@sheaf/api/meta'
import type { UserInfo } from '../kind.ts'
import { onlyValue, parseFieldSelector } from '../registry/selectors/field-selector.ts'
import { actionName } from './action-paths.ts'
import type { RequestInfo } from './request-info.ts'
import type { MatchedAction } from './resource-index.ts'

export interface ResourceAttributes {
  kind: 'resource'
  /** Empty for a method that no resource knows. */
  verb: string
  group: string
  version: string
  resource: string
  subresource: string
  /** Empty at cluster scope and for all namespaces. */
  namespace: string
  name: string
}

export interface PathAttributes {
  kind: 'path'
  verb: string
  path: string
}

export type AccessAttributes = ResourceAttributes | PathAttributes

export interface Decision {
  allowed: boolean
  /** Why, for people: which binding allows it, or what could not be found out. */
  reason: string
}

export interface Authorizer {
  authorize(user: UserInfo, attributes: AccessAttributes): Decision | Promise<Decision>
}

/** `actions` are those at the path of the request: they have the names that discovery tells. */
export function accessAttributesOf(info: RequestInfo, actions: readonly MatchedAction[]): AccessAttributes {
  if (info.kind === 'path') return { kind: 'path', verb: info.verb, path: info.path }
  const { verb = '', group, version, resource, namespace } = info
  const [matched] = actions
  const isOfObject = matched?.action.plural !== undefined
  const subresource = isOfObject ? actionName(matched.action) : info.subresource
  const name = info.name === '' && (verb === 'list' || verb === 'watch') ? selectedName(info.query) : info.name
  return { kind: 'resource', verb, group, version, resource, subresource, namespace, name }
}

/** Who may see one object may list it by its name. A selector that cannot be read selects nothing here and is refused later. */
function selectedName(query: URLSearchParams): string {
  const text = query.get('fieldSelector') ?? ''
  if (!text.includes('metadata.name')) return ''
  try {
    return onlyValue(parseFieldSelector(text), 'metadata.name') ?? ''
  } catch {
    return ''
  }
}

/** Kubernetes makes what it repeats harmless to browsers. */
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

export function accessDenied(user: UserInfo, attributes: AccessAttributes, reason: string): StatusError {
  const what = denialText(user, attributes).replace(/[&<>]/g, (each) => escapes[each] ?? each)
  const why = reason === '' ? what : `${what}: ${reason}`
  if (attributes.kind === 'path') return new StatusError(403, 'Forbidden', `forbidden: ${why}`, {})
  const { group, resource, name } = attributes
  return forbiddenError({ group, plural: resource, kind: '' }, name, why)
}

function denialText({ username }: UserInfo, attributes: AccessAttributes): string {
  const quoted = (text: string): string => JSON.stringify(text)
  const beginning = `User ${quoted(username)} cannot ${attributes.verb}`
  if (attributes.kind === 'path') return `${beginning} path ${quoted(attributes.path)}`
  const { group, resource, subresource, namespace } = attributes
  const what = quoted(subresource === '' ? resource : `${resource}/${subresource}`)
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${quoted(namespace)}`
  return `${beginning} resource ${what} in API group ${quoted(group)} ${where}`
}
