// What stands behind every connection: who is it, as whom, may they, and a line in the audit log about it.

import type { Duplex } from 'node:stream'
import { type ApiRequest, type ApiResponse, isStreaming } from '@sheaf/api/client'
import { type Clock, internalError, type Random, type Status, StatusError } from '@sheaf/api/meta'
import type { ApiServer } from '@sheaf/machinery/apiserver'
import type { Authorizer, UserInfo } from '@sheaf/machinery/kind'
import { type AuditedRequest, auditEvent } from './audit/audit-event.ts'
import type { AuditLog } from './audit/audit-log.ts'
import type { Authenticate } from './authentication/authenticate.ts'
import { impersonatedUser, impersonates } from './authentication/impersonate.ts'
import type { Visitor } from './authentication/visitor.ts'

export interface FrontDoor {
  /** Before anything of the body is read. Throws 400, 401 and 403. */
  enter(request: ApiRequest, visitor: Visitor): Promise<Entry>
}

/** One request of somebody who is known. */
export interface Entry {
  /** `body` is what came after all else. */
  handle(body: Uint8Array | undefined, signal: AbortSignal): Promise<ApiResponse>
  /** Throws a StatusError. */
  connect(): Promise<Duplex>
  /** The answer is out, or nobody waits for it any more. */
  ended(): void
}

export interface FrontDoorOptions {
  apiServer: Pick<ApiServer, 'handle' | 'connect'> & Pick<ApiServer, 'attributesOf'>
  authenticate: Authenticate
  authorizer: Authorizer
  /** Undefined: switched off. */
  audit: Pick<AuditLog, 'write'> | undefined
  clock: Clock
  random: Random
}

/** Asked every second by whoever looks after this server: a log of it would hold nothing else. */
const unauditedPath = /^\/(healthz|livez|readyz)(\/|\?|$)/

export function createFrontDoor(options: FrontDoorOptions): FrontDoor {
  return {
    async enter(sent, visitor) {
      const auditId = auditIdOf(sent) ?? options.random.uuid()
      const request = { ...sent, headers: { ...sent.headers, 'audit-id': auditId } }
      const record = beginRecord(options, request, visitor, auditId)
      try {
        const user = await options.authenticate(request, visitor)
        record.notes.user = user
        if (!impersonates(request.headers)) return entryOf(options, request, user, record)
        record.notes.impersonated = await impersonatedUser(request.headers, user, options.authorizer)
        return entryOf(options, request, record.notes.impersonated ?? user, record)
      } catch (error) {
        record.refused(error)
        record.complete()
        throw error
      }
    },
  }
}

/** A client's own id is kept when it can stand in a header. */
function auditIdOf({ headers }: ApiRequest): string | undefined {
  const id = headers['audit-id']
  return id !== undefined && /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined
}

function entryOf({ apiServer }: FrontDoorOptions, request: ApiRequest, user: UserInfo, record: Record): Entry {
  const { notes } = record
  const onDecision = (decision: AuditedRequest['decision']): void => void (notes.decision = decision)
  return {
    async handle(body, signal) {
      const whole = { ...request, signal, ...(body === undefined || body.length === 0 ? {} : { body }) }
      const response = await apiServer.handle(whole, user, onDecision)
      notes.code = response.status
      if (response.status >= 400 && !isStreaming(response.body)) notes.status = statusIn(response.body)
      if (isStreaming(response.body)) record.started()
      return response
    },
    async connect() {
      try {
        const stream = await apiServer.connect(request, user, onDecision)
        notes.code = 101
        record.started()
        return stream
      } catch (error) {
        record.refused(error)
        throw error
      }
    },
    ended: record.complete,
  }
}

interface Record {
  notes: AuditedRequest
  refused(error: unknown): void
  /** What goes on after its answer has begun is written down now: its end may be a day away. */
  started(): void
  /** Once. */
  complete(): void
}

function beginRecord(options: FrontDoorOptions, request: ApiRequest, visitor: Visitor, auditId: string): Record {
  const { clock, audit, apiServer } = options
  const notes: AuditedRequest = {
    auditId,
    receivedMs: clock.now(),
    uri: request.path,
    attributes: apiServer.attributesOf(request),
    address: visitor.address,
    userAgent: request.headers['user-agent'] ?? '',
    user: undefined,
    impersonated: undefined,
    decision: undefined,
    code: 0,
    status: undefined,
  }
  let isOpen = audit !== undefined && !unauditedPath.test(request.path)
  return {
    notes,
    refused(error) {
      notes.status = (error instanceof StatusError ? error : internalError(error)).toStatus()
      notes.code = notes.status.code ?? 500
    },
    started() {
      if (isOpen) audit?.write(auditEvent(notes, 'ResponseStarted', clock.now()))
    },
    complete() {
      if (isOpen) audit?.write(auditEvent(notes, 'ResponseComplete', clock.now()))
      isOpen = false
    },
  }
}

function statusIn(body: Uint8Array | string): Status | undefined {
  try {
    const value = JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString('utf8')) as Status
    return value.kind === 'Status' ? value : undefined
  } catch {
    return undefined
  }
}
