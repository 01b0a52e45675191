// The schema of the form that all scalable Kinds share.

import type { JsonSchema } from '@sheaf/api/meta'
import { apiVersionField, describedText, kindField, objectMetaName, refTo } from './object-meta-schema.ts'

export const scaleSchema: JsonSchema = {
  type: 'object',
  description: 'How many replicas there are to be, and how many there are.',
  properties: {
    apiVersion: apiVersionField,
    kind: kindField,
    metadata: refTo(objectMetaName),
    spec: {
      type: 'object',
      description: 'What is wanted.',
      properties: { replicas: { type: 'integer', format: 'int32', description: 'How many there are to be.' } },
    },
    status: {
      type: 'object',
      description: 'What is seen.',
      required: ['replicas'],
      properties: {
        replicas: { type: 'integer', format: 'int32', description: 'How many there are.' },
        selector: describedText('Selects them by their labels.'),
      },
    },
  },
}
