// Steps of cases, in few words.

import type { Json, JsonObject } from '@sheaf/api/meta'
import type { Step } from '../exchange-case.ts'

export const configMaps = '/api/v1/namespaces/{ns}/configmaps'
export const secrets = '/api/v1/namespaces/{ns}/secrets'
export const leases = '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases'
export const widgets = '/apis/example.org/v1/namespaces/{ns}/widgets'
export const machines = '/apis/kubevirt.io/v1/namespaces/{ns}/virtualmachines'

export function configMap(name: string, data?: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, ...(data === undefined ? {} : { data }) }
}

export function widget(name: string, spec?: JsonObject, more: { metadata?: JsonObject; status?: JsonObject } = {}): JsonObject {
  const { metadata = {}, ...rest } = more
  const fields = spec === undefined ? {} : { spec }
  return { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { name, ...metadata }, ...fields, ...rest }
}

/** `manager` is sent as `fieldManager`; more parameters may follow. */
function withQuery(path: string, query: Record<string, string>): string {
  const text = new URLSearchParams(query).toString()
  return text === '' ? path : `${path}?${text}`
}

type Query = Record<string, string>

export const get = (path: string): Step => ({ method: 'GET', path })

export function post(path: string, manager: string, body: Json, query: Query = {}): Step {
  return { method: 'POST', path: withQuery(path, managed(manager, query)), body }
}

export function put(path: string, manager: string, body: Json, query: Query = {}): Step {
  return { method: 'PUT', path: withQuery(path, managed(manager, query)), body }
}

export function apply(path: string, manager: string, body: Json, query: Query = {}): Step {
  return {
    method: 'PATCH',
    path: withQuery(path, managed(manager, query)),
    contentType: 'application/apply-patch+yaml',
    body,
  }
}

export const force = { force: 'true' }

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}

export function patch(type: keyof typeof patchTypes, path: string, manager: string, body: Json, query: Query = {}): Step {
  return { method: 'PATCH', path: withQuery(path, managed(manager, query)), contentType: patchTypes[type], body }
}

export function remove(path: string, body?: Json, query: Query = {}): Step {
  return { method: 'DELETE', path: withQuery(path, query), ...(body === undefined ? {} : { body }) }
}

/** Only the outcome is compared: the other server's words are about its own insides. */
export const ownWords = (step: Step, why: string): Step => ({ ...step, ownWords: why })

/** Ours is another answer, and a better one. */
export const kinder = (step: Step, why: string): Step => ({ ...step, kinder: why })

/** In another second than the step before. */
export const later = (step: Step): Step => ({ ...step, later: true })

function managed(manager: string, query: Query): Query {
  return manager === '' ? query : { fieldManager: manager, ...query }
}
