// What is told of every request, to whoever counts them: metrics, and who still sends what.

import type { Json } from '@sheaf/api/meta'
import type { UserInfo } from '../kind.ts'
import type { PatchType } from '../registry/patch.ts'
import type { ResourceRequest } from './request-info.ts'

/** What a request is about, in the words of Kubernetes' metrics. Everything but `namespace` and `name` is one of few values. */
export interface RequestSubject {
  /** `GET`, `LIST`, `WATCH`, `POST`, `PUT`, `PATCH`, `DELETE`, `DELETECOLLECTION`, `CONNECT`, or `OTHER`. */
  verb: string
  /** Of something that is served; the rest is empty where nothing is. */
  group: string
  version: string
  resource: string
  /** Empty where the request is about no Kind. */
  kind: string
  subresource: string
  scope: 'resource' | 'namespace' | 'cluster' | ''
  namespace: string
  name: string
}

/** The body of a create or update, or of a patch and its form. */
export interface SentBody {
  form: 'object' | 'apply' | PatchType
  value: Json
}

export interface AnsweredRequest {
  subject: RequestSubject
  user: UserInfo
  /** The client's own words; empty where it has none. */
  userAgent: string
  dryRun: boolean
  /** Of the answer. 101 for a stream that was opened. */
  code: number
  /** Until the answer was there; for a watch, until it began. */
  durationMs: number
  /** What a write said, as far as it could be read. */
  sent?: SentBody
}

export interface RequestObserver {
  answered: (request: AnsweredRequest) => void
  /** A watch began; the function that this returns is called when it ends. */
  watching: (subject: RequestSubject) => () => void
}

/** A method of nothing that is served. */
export function subjectOfMethod(method: string): RequestSubject {
  const empty = { group: '', version: '', resource: '', kind: '', subresource: '', scope: '', namespace: '', name: '' } as const
  return { verb: verbOfMethod(method), ...empty }
}

const verbOfMethod = (method: string): string => verbsOfMethods[method.toUpperCase()] ?? 'OTHER'

const verbsOfMethods: Readonly<Record<string, string>> = {
  GET: 'GET',
  HEAD: 'GET',
  POST: 'POST',
  PUT: 'PUT',
  PATCH: 'PATCH',
  DELETE: 'DELETE',
}

export function subjectOf(method: string, info: ResourceRequest, served: { kind: string; subresource: string }): RequestSubject {
  const { group, version, resource, namespace, name } = info
  return { verb: verbOf(method, info), group, version, resource, ...served, scope: scopeOf(info), namespace, name }
}

function verbOf(method: string, { verb }: ResourceRequest): string {
  if (verb === 'list' || verb === 'watch' || verb === 'deletecollection') return verb.toUpperCase()
  return verbOfMethod(method)
}

/** As kube-apiserver: a create is about the one object that it makes. */
function scopeOf({ name, verb, namespace }: ResourceRequest): RequestSubject['scope'] {
  if (name !== '' || verb === 'create') return 'resource'
  return namespace === '' ? 'cluster' : 'namespace'
}
