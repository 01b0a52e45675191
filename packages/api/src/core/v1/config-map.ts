import {
  type ApiObject,
  ageColumn,
  base64Length,
  type FieldError,
  invalid,
  type ResourceDefinition,
  tooLong,
} from '../../meta/index.ts'
import { byteLength, maxDataBytes, mayBeTooMany, tooManyBytes, validateFrozen, validateKeys } from './keyed-data.ts'

export interface ConfigMap extends ApiObject {
  data?: Record<string, string>
  /** Values in base64. */
  binaryData?: Record<string, string>
  immutable?: boolean
}

export const configMapDefinition: ResourceDefinition<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  listKind: 'ConfigMapList',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'io.k8s.api.core.v1.ConfigMap',
  origin: 'native',
  hasStatus: false,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    {
      name: 'Data',
      type: 'string',
      description: 'The number of entries.',
      priority: 0,
      cell: ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    },
    ageColumn,
  ],
  selectableFields: {},
  validate: validateConfigMap,
}

function validateConfigMap(configMap: ConfigMap, old: ConfigMap | undefined): FieldError[] {
  const { data, binaryData } = configMap
  const errors = [...validateKeys('data', data), ...validateKeys('binaryData', binaryData)]
  const isLarge = mayBeTooMany(data, binaryData)
  let bytes = 0
  for (const key in data) {
    if (isLarge) bytes += byteLength(data[key] ?? '')
    if (binaryData !== undefined && Object.hasOwn(binaryData, key)) {
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
    }
  }
  for (const [key, value] of Object.entries(binaryData ?? {})) {
    const length = base64Length(value)
    if (length === undefined) errors.push(invalid(`binaryData[${key}]`, value, 'must be base64'))
    else bytes += length
  }
  if (bytes > maxDataBytes) errors.push(tooLong('[]', tooManyBytes))
  return [...errors, ...validateFrozen(configMap, old, ['data', 'binaryData'])]
}
