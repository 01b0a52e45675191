// The parameters of a write: dry run, field validation, who writes, and how to delete. Pure.

import {
  badRequest,
  type FieldError,
  forbidden,
  goQuoted,
  invalid,
  invalidError,
  isJsonObject,
  type Json,
  type JsonObject,
  notSupported,
  required,
  tooLong,
} from '@sheaf/api/meta'
import type { DeleteOptions } from '../registry/delete.ts'
import type { FieldValidation } from '../registry/registry.ts'
import { remembered } from '../remembered.ts'
import { isTrue } from './request-info.ts'

export interface WriteOptions {
  /** What the writer calls itself in the request; empty where it does not say. */
  fieldManager: string
  dryRun: boolean
  fieldValidation: FieldValidation
}

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions'

const mostUserAgents = 256

/** As in Kubernetes: the name is kept with every object that the manager writes. */
const maxManagerBytes = 128
const fieldValidations: readonly FieldValidation[] = ['Ignore', 'Strict', 'Warn']

export function writeOptionsOf(kind: OptionsKind, query: URLSearchParams): WriteOptions {
  const isForced = kind === 'PatchOptions' && query.has('force')
  return optionsOf(kind, query, isForced ? [forbidden('force', 'may not be specified for non-apply patch')] : [])
}

/** Whoever applies must say who it is: its fields are found again by that name. */
export function applyOptionsOf(query: URLSearchParams): WriteOptions & { force: boolean } {
  const isNamed = (query.get('fieldManager') ?? '') !== ''
  const options = optionsOf('PatchOptions', query, isNamed ? [] : [required('fieldManager', 'is required for apply patch')])
  return { ...options, force: isTrue(query.get('force') ?? 'false') }
}

function optionsOf(kind: OptionsKind, query: URLSearchParams, further: readonly FieldError[]): WriteOptions {
  const dryRun = query.getAll('dryRun').filter((value) => value !== '')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') || 'Warn'
  const known = fieldValidations.find((each) => each === fieldValidation)
  const errors = [
    ...further,
    ...managerErrors(fieldManager),
    ...dryRunErrors(dryRun),
    ...(known === undefined ? [notSupported('fieldValidation', fieldValidation, ['', ...fieldValidations])] : []),
  ]
  if (errors.length > 0 || known === undefined) throw invalidOptions(kind, errors)
  return { fieldManager, dryRun: dryRun.length > 0, fieldValidation: known }
}

function dryRunErrors(values: readonly unknown[]): FieldError[] {
  if (values.every((value) => value === 'All')) return []
  const list = `[]string{${values.map((value) => goQuoted(String(value))).join(', ')}}`
  const message = `Unsupported value: ${list}: supported values: "All"`
  return [{ type: 'FieldValueNotSupported', field: 'dryRun', message }]
}

/** Of a writer that does not name itself: the product in its user agent, as far as it can be shown. */
export const managerOfUserAgent = remembered(mostUserAgents, (userAgent) => {
  let name = ''
  for (const character of userAgent.split('/', 1)[0] ?? '') {
    if (!printable.test(character)) continue
    if (Buffer.byteLength(name + character) > maxManagerBytes) break
    name += character
  }
  return name
})

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u

function managerErrors(manager: string): FieldError[] {
  if (Buffer.byteLength(manager) > maxManagerBytes)
    return [tooLong('fieldManager', `may not be more than ${maxManagerBytes} bytes`)]
  const at = Array.from(manager).findIndex((character) => !printable.test(character))
  if (at < 0) return []
  const code = manager.codePointAt(Array.from(manager).slice(0, at).join('').length) ?? 0
  const shown = code.toString(16).toUpperCase().padStart(4, '0')
  return [invalid('fieldManager', manager, `invalid character U+${shown} (at position ${at})`)]
}

function invalidOptions(kind: OptionsKind, errors: readonly FieldError[]): Error {
  return invalidError({ group: 'meta.k8s.io', plural: '', kind }, '', errors)
}

export interface DeleteCallOptions extends DeleteOptions {
  dryRun: boolean
}

/** In the order in which Kubernetes tells them. */
const policies = ['Foreground', 'Background', 'Orphan'] as const

/** From the body when there is one, else from the query. */
export function deleteOptionsOf(query: URLSearchParams, body: Json | undefined): DeleteCallOptions {
  const options = body === undefined || body === null ? fromQuery(query) : body
  if (!isJsonObject(options)) throw badRequest('the body of a DELETE is a DeleteOptions object, or empty')
  if (options.kind !== undefined && options.kind !== '' && options.kind !== 'DeleteOptions') {
    throw badRequest(`the body of a DELETE is a DeleteOptions object, not a ${JSON.stringify(options.kind)}`)
  }
  const { propagationPolicy, orphanDependents } = options
  const dryRun = Array.isArray(options.dryRun) ? options.dryRun : []
  const policy = policies.find((each) => each === propagationPolicy)
  const errors = dryRunErrors(dryRun)
  if (propagationPolicy && policy === undefined) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...policies, 'nil']))
  }
  if (propagationPolicy && typeof orphanDependents === 'boolean') {
    errors.push(invalid('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'))
  }
  if (errors.length > 0) throw invalidOptions('DeleteOptions', errors)
  const older = typeof orphanDependents === 'boolean' ? (orphanDependents ? 'Orphan' : 'Background') : undefined
  const chosen = policy ?? older
  return {
    ...(chosen === undefined ? {} : { propagationPolicy: chosen }),
    preconditions: preconditionsOf(options.preconditions),
    dryRun: dryRun.length > 0,
  }
}

function fromQuery(query: URLSearchParams): JsonObject {
  const policy = query.get('propagationPolicy')
  const orphan = query.get('orphanDependents')
  return {
    ...(policy ? { propagationPolicy: policy } : {}),
    ...(orphan === null ? {} : { orphanDependents: isTrue(orphan) }),
    dryRun: query.getAll('dryRun').filter((value) => value !== ''),
  }
}

function preconditionsOf(value: Json | undefined): DeleteOptions['preconditions'] {
  if (!isJsonObject(value)) return {}
  const { uid, resourceVersion } = value
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  }
}
