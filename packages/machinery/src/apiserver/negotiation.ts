// In which form an answer goes out: JSON or YAML, and as the object itself, a Table or its metadata alone. Pure.

import { StatusError } from '@sheaf/api/meta'
import { type AcceptedType, acceptedTypes } from './accept-header.ts'

export interface OutputForm {
  format: 'json' | 'yaml'
  /** `partial` is PartialObjectMetadata. */
  as: 'object' | 'table' | 'partial'
  /** Of meta.k8s.io, for `table` and `partial`. */
  metaVersion: 'v1' | 'v1beta1'
}

export interface Allowed {
  yaml: boolean
  table: boolean
}

export const plainForm: OutputForm = { format: 'json', as: 'object', metaVersion: 'v1' }

/** The first form that the client takes and the path can give. Throws NotAcceptable. */
export function negotiate(accept: string | undefined, allowed: Allowed): OutputForm {
  for (const accepted of acceptedTypes(accept)) {
    const form = formOf(accepted, allowed)
    if (form !== undefined) return form
  }
  const types = allowed.yaml ? 'application/json, application/yaml' : 'application/json'
  throw new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${types}`)
}

function formOf({ type, parameters }: AcceptedType, allowed: Allowed): OutputForm | undefined {
  const isJson = type === 'application/json' || type === 'application/*' || type === '*/*'
  const isYaml = type === 'application/yaml' && allowed.yaml
  if (!isJson && !isYaml) return undefined
  const format = isYaml ? 'yaml' : 'json'
  const { as, g: group, v: metaVersion } = parameters
  if (as === undefined) return { format, as: 'object', metaVersion: 'v1' }
  if (group !== 'meta.k8s.io' || (metaVersion !== 'v1' && metaVersion !== 'v1beta1')) return undefined
  if (as === 'Table') return allowed.table ? { format, as: 'table', metaVersion } : undefined
  const isPartial = as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList'
  return isPartial ? { format, as: 'partial', metaVersion } : undefined
}
