// Metadata alone: for readers, such as garbage collectors, to whom the rest is only weight. Pure.

import type { ApiObject } from '@sheaf/api/meta'
import type { OutputForm } from './negotiation.ts'

export function partialMetadata(object: ApiObject, metaVersion: OutputForm['metaVersion']): ApiObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${metaVersion}`, metadata: object.metadata }
}
