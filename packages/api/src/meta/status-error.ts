// A refusal as Kubernetes words it: the body is a Status, and clients decide by its `reason`.

import { type FieldError, fieldErrorText } from './field-error.ts'
import { qualifiedKind, qualifiedResource } from './resource-definition.ts'

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  /** The resource for NotFound, Conflict, AlreadyExists and Forbidden; the Kind for Invalid. */
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: { continue?: string }
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code?: number
}

type Named = { group: string; plural: string; kind: string }

/** The caller's mistake or the server's inability, ready to be sent. */
export class StatusError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: StatusDetails | undefined

  constructor(code: number, reason: string, message: string, details?: StatusDetails, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StatusError'
    this.code = code
    this.reason = reason
    this.details = details
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    }
  }
}

export function statusErrorFrom(status: Status): StatusError {
  return new StatusError(status.code ?? 500, status.reason ?? '', status.message ?? 'unknown error', status.details)
}

export function hasReason(error: unknown, reason: string): error is StatusError {
  return error instanceof StatusError && error.reason === reason
}
export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound')
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict')
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists')
export const isExpired = (error: unknown): boolean => hasReason(error, 'Expired') || hasReason(error, 'Gone')

function about(definition: Named, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(definition.group === '' ? {} : { group: definition.group }),
    kind: definition.plural,
  }
}

export function notFound(definition: Named, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualifiedResource(definition)} "${name}" not found`, about(definition, name))
}

export function alreadyExists(definition: Named, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${qualifiedResource(definition)} "${name}" already exists`,
    about(definition, name),
  )
}

export function conflict(definition: Named, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(definition)} "${name}": ${why}`
  return new StatusError(409, 'Conflict', message, about(definition, name))
}

/** What optimistic concurrency answers; clients and tests match on this text. */
export const modifiedMeanwhile = 'the object has been modified; please apply your changes to the latest version and try again'

export function forbiddenError(definition: Named, name: string, why: string): StatusError {
  const subject = name === '' ? qualifiedResource(definition) : `${qualifiedResource(definition)} "${name}"`
  return new StatusError(403, 'Forbidden', `${subject} is forbidden: ${why}`, about(definition, name))
}

/** As Go prints several errors at once. */
export const errorsText = (errors: readonly string[]): string =>
  errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`

export function invalidError(definition: Named, name: string, errors: readonly FieldError[]): StatusError {
  const joined = errorsText(errors.map(fieldErrorText))
  return new StatusError(422, 'Invalid', `${qualifiedKind(definition)} "${name}" is invalid: ${joined}`, {
    ...(name === '' ? {} : { name }),
    ...(definition.group === '' ? {} : { group: definition.group }),
    ...(definition.kind === '' ? {} : { kind: definition.kind }),
    causes: errors.map((error) => ({ reason: error.type, message: error.message, field: error.field })),
  })
}

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message)
export const expired = (message: string): StatusError => new StatusError(410, 'Expired', message)
export const tooLarge = (limitBytes: number): StatusError =>
  new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`)

export function internalError(cause: unknown): StatusError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }, { cause })
}

/** 507 is not among Kubernetes' own codes; no other says that the disk is full, and clients print the message as it is. */
export const storageFull = (where: string): StatusError =>
  new StatusError(
    507,
    'InsufficientStorage',
    `no space left to store the object in ${where}: nothing was changed; free disk space and try again`,
  )
