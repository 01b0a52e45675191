// The answer with an object or a list in the form that the client asked for. Stored text is sent as it lies where
// nothing has to be changed.

import type { ApiResponse } from '@sheaf/api/client'
import { type ApiObject, apiVersionOf, badRequest, type ListMeta, type ResourceDefinition } from '@sheaf/api/meta'
import { stringify } from 'yaml'
import type { Encoded } from '../registry/registry.ts'
import { objectOf } from '../registry/stored-object.ts'
import type { OutputForm } from './negotiation.ts'
import { partialMetadata } from './partial-metadata.ts'
import { type IncludeObject, tableOf } from './table.ts'

export interface Presentation {
  definition: ResourceDefinition
  form: OutputForm
  pretty: boolean
  includeObject: IncludeObject
  nowMs: number
}

export interface PresentedList {
  entries: readonly Encoded[]
  revision: number
  continue?: string
  remaining?: number
}

export function presentObject(status: number, encoded: Encoded, presentation: Presentation): ApiResponse {
  const { form, pretty } = presentation
  if (form.as === 'object' && form.format === 'json' && !pretty) return jsonText(status, encoded.text)
  return presentValue(status, formedObject(objectOf(encoded), presentation), presentation)
}

function formedObject(object: ApiObject, presentation: Presentation): unknown {
  const { form } = presentation
  if (form.as === 'partial') return partialMetadata(object, form.metaVersion)
  if (form.as === 'object') return object
  const { resourceVersion } = object.metadata
  return tableOf([object], resourceVersion === undefined ? {} : { resourceVersion }, tableOptions(presentation))
}

export function presentList(list: PresentedList, presentation: Presentation): ApiResponse {
  const { definition, form, pretty } = presentation
  const metadata: ListMeta = {
    resourceVersion: String(list.revision),
    ...(list.continue === undefined ? {} : { continue: list.continue }),
    ...(list.remaining === undefined ? {} : { remainingItemCount: list.remaining }),
  }
  if (form.as === 'object' && form.format === 'json' && !pretty) {
    const head = JSON.stringify({ kind: definition.listKind, apiVersion: apiVersionOf(definition), metadata }).slice(0, -1)
    return jsonText(200, `${head},"items":[${list.entries.map(({ text }) => text).join(',')}]}`)
  }
  return presentValue(200, formedList(list.entries.map(objectOf), metadata, presentation), presentation)
}

function formedList(objects: ApiObject[], metadata: ListMeta, presentation: Presentation): unknown {
  const { definition, form } = presentation
  if (form.as === 'table') return tableOf(objects, metadata, tableOptions(presentation))
  if (form.as === 'object') {
    return { kind: definition.listKind, apiVersion: apiVersionOf(definition), metadata, items: objects }
  }
  const items = objects.map((object) => partialMetadata(object, form.metaVersion))
  return { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${form.metaVersion}`, metadata, items }
}

function tableOptions({ definition, form, includeObject, nowMs }: Presentation): Parameters<typeof tableOf>[2] {
  return { definition, metaVersion: form.metaVersion, includeObject, nowMs, withColumns: true }
}

/** Any value that is an answer of its own, such as a Status. */
export function presentValue(
  status: number,
  value: unknown,
  { form, pretty }: Pick<Presentation, 'form' | 'pretty'>,
): ApiResponse {
  if (form.format === 'yaml') {
    const body = stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
    return { status, headers: { 'content-type': 'application/yaml' }, body }
  }
  return jsonText(status, pretty ? `${JSON.stringify(value, null, 2)}\n` : JSON.stringify(value))
}

function jsonText(status: number, body: string): ApiResponse {
  return { status, headers: { 'content-type': 'application/json' }, body }
}

/** Programs that show their answer to a person get it indented. */
export function isPretty(query: URLSearchParams, userAgent: string | undefined): boolean {
  const asked = query.get('pretty')
  if (asked !== null) return asked === 'true' || asked === '1' || asked === ''
  return /^(curl|Wget|Mozilla)/.test(userAgent ?? '')
}

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const text = query.get('includeObject') || 'Metadata'
  if (text === 'None' || text === 'Metadata' || text === 'Object') return text
  throw badRequest(`invalid includeObject ${JSON.stringify(text)}: use None, Metadata or Object`)
}
