// One line of the audit log: who asked for what, from where, and what came of it. The shape is Kubernetes' audit Event at the
// level Metadata: no bodies, so no secrets. Pure.

import type { Status } from '@sheaf/api/meta'
import type { AccessAttributes, Decision, UserInfo } from '@sheaf/machinery/kind'

export interface AuditedRequest {
  auditId: string
  receivedMs: number
  uri: string
  attributes: AccessAttributes
  address: string
  userAgent: string
  /** Undefined: nobody knows who it was. */
  user: UserInfo | undefined
  impersonated: UserInfo | undefined
  /** Undefined when the request did not get as far. */
  decision: Decision | undefined
  code: number
  /** Of a refusal. */
  status: Status | undefined
}

/** `ResponseStarted` only of what goes on after its answer has begun, such as a watch. */
export type Stage = 'ResponseStarted' | 'ResponseComplete'

/** As kube-apiserver cuts it: a client writes what it likes there. */
const mostUserAgent = 1024

export function auditEvent(request: AuditedRequest, stage: Stage, nowMs: number): object {
  const { attributes, user, impersonated, decision, userAgent } = request
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: request.auditId,
    stage,
    requestURI: request.uri,
    verb: attributes.verb,
    user: user === undefined ? {} : userPart(user),
    ...(impersonated === undefined ? {} : { impersonatedUser: userPart(impersonated) }),
    sourceIPs: [request.address],
    userAgent: userAgent.length > mostUserAgent ? `${userAgent.slice(0, mostUserAgent)}...TRUNCATED` : userAgent,
    ...(attributes.kind === 'path' ? {} : { objectRef: objectRef(attributes) }),
    responseStatus: statusPart(request),
    requestReceivedTimestamp: microTime(request.receivedMs),
    stageTimestamp: microTime(nowMs),
    annotations: decision === undefined ? {} : annotationsOf(decision),
  }
}

const annotationsOf = ({ allowed, reason }: Decision): Record<string, string> => ({
  'authorization.k8s.io/decision': allowed ? 'allow' : 'forbid',
  'authorization.k8s.io/reason': reason,
})

function userPart({ username, uid, groups, extra }: UserInfo): object {
  return { username, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) }
}

function objectRef({
  resource,
  namespace,
  name,
  group,
  version,
  subresource,
}: Exclude<AccessAttributes, { kind: 'path' }>): object {
  return {
    resource,
    ...(namespace === '' ? {} : { namespace }),
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { apiGroup: group }),
    apiVersion: version,
    ...(subresource === '' ? {} : { subresource }),
  }
}

function statusPart({ code, status }: AuditedRequest): object {
  if (status === undefined) return { metadata: {}, code }
  const { message, reason, details } = status
  return { metadata: {}, status: 'Failure', message, ...(reason ? { reason } : {}), ...(details ? { details } : {}), code }
}

/** RFC 3339 with microseconds, of which the clock knows the first three digits. */
const microTime = (ms: number): string => `${secondText(Math.floor(ms / 1000))}.${String(ms % 1000).padStart(3, '0')}000Z`

/** Hundreds of events have the same. */
let lastSecond = { second: 0, text: '1970-01-01T00:00:00' }

function secondText(second: number): string {
  if (second !== lastSecond.second) lastSecond = { second, text: new Date(second * 1000).toISOString().slice(0, -5) }
  return lastSecond.text
}
