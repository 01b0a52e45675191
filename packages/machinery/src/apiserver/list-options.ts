// The parameters of a list or watch, checked as Kubernetes checks them. Pure.

import { badRequest, type FieldError, forbidden, invalid, invalidError, notSupported } from '@sheaf/api/meta'
import type { ListFrom } from '../registry/list.ts'
import { isTrue } from './request-info.ts'

export interface ListOptions {
  labelSelector: string
  fieldSelector: string
  /** 0 is no limit. */
  limit: number
  from: ListFrom
}

export interface WatchOptions {
  labelSelector: string
  fieldSelector: string
  /** 0: from now. */
  revision: number
  initialState: boolean
  /** The initial state ends with a bookmark that says so. */
  marksInitialEnd: boolean
  bookmarks: boolean
  /** 0: as the server likes. */
  timeoutSeconds: number
}

export function listOptionsOf(query: URLSearchParams): ListOptions {
  const common = commonOf(query)
  const { revision, match, limit, token } = common
  const errors = [...common.errors, ...matchErrors(common)]
  if (query.has('sendInitialEvents')) errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  refuse(errors)
  if (token !== '' && revision > 0) throw badRequest('specifying resource version is not allowed when using continue')
  const { labelSelector, fieldSelector } = common
  // A list from the cache is given whole, as kube-apiserver does.
  const isAnyVersion = common.resourceVersion === '0' && match === ''
  return { labelSelector, fieldSelector, limit: isAnyVersion ? 0 : limit, from: listFrom(common) }
}

function listFrom({ revision, match, limit, token }: Common): ListFrom {
  if (token !== '') return { kind: 'continue', token }
  if (revision === 0) return { kind: 'now' }
  // A limit without a match pins the revision: older clients page so.
  const isExact = match === 'Exact' || (match === '' && limit > 0)
  return { kind: isExact ? 'exactly' : 'not-older-than', revision }
}

export function watchOptionsOf(query: URLSearchParams): WatchOptions {
  const common = commonOf(query)
  const sends = query.get('sendInitialEvents')
  const sendsInitial = sends === null ? undefined : isTrue(sends)
  const errors = [...common.errors]
  if (sendsInitial === undefined && common.match !== '') {
    errors.push(
      forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    )
  }
  if (sendsInitial !== undefined && common.match !== 'NotOlderThan') {
    const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    errors.push(
      common.match === ''
        ? forbidden('resourceVersionMatch', why)
        : notSupported('resourceVersionMatch', common.match, ['NotOlderThan']),
    )
  }
  refuse(errors)
  const bookmarks = isTrue(query.get('allowWatchBookmarks'))
  const { labelSelector, fieldSelector, revision } = common
  return {
    labelSelector,
    fieldSelector,
    revision,
    initialState: sendsInitial ?? revision === 0,
    marksInitialEnd: sendsInitial === true && bookmarks,
    bookmarks,
    timeoutSeconds: common.timeoutSeconds,
  }
}

/** The `resourceVersion` of a GET of one object. */
export function revisionOf(query: URLSearchParams): number {
  const text = query.get('resourceVersion') ?? ''
  const errors = numberErrors('resourceVersion', text)
  if (query.get('resourceVersionMatch'))
    errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden for get'))
  refuse(errors)
  return Number(text)
}

interface Common {
  labelSelector: string
  fieldSelector: string
  resourceVersion: string
  revision: number
  match: string
  limit: number
  token: string
  timeoutSeconds: number
  errors: FieldError[]
}

function commonOf(query: URLSearchParams): Common {
  const text = (name: string): string => query.get(name) ?? ''
  const resourceVersion = text('resourceVersion')
  const errors = [
    ...numberErrors('resourceVersion', resourceVersion),
    ...numberErrors('limit', text('limit')),
    ...numberErrors('timeoutSeconds', text('timeoutSeconds')),
  ]
  return {
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    resourceVersion,
    revision: Number(resourceVersion),
    match: text('resourceVersionMatch'),
    limit: Number(text('limit')),
    token: text('continue'),
    timeoutSeconds: Number(text('timeoutSeconds')),
    errors,
  }
}

function matchErrors({ match, resourceVersion, token }: Common): FieldError[] {
  const field = 'resourceVersionMatch'
  if (match === '') return []
  if (token !== '') return [forbidden(field, 'resourceVersionMatch is forbidden when continue is provided')]
  if (resourceVersion === '') return [forbidden(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided')]
  if (match !== 'Exact' && match !== 'NotOlderThan') return [notSupported(field, match, ['Exact', 'NotOlderThan'])]
  if (match === 'Exact' && resourceVersion === '0') {
    return [forbidden(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')]
  }
  return []
}

function numberErrors(field: string, text: string): FieldError[] {
  if (text === '' || (/^\d+$/.test(text) && Number.isSafeInteger(Number(text)))) return []
  return [invalid(field, text, `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`)]
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', plural: '', kind: 'ListOptions' }, '', errors)
}
