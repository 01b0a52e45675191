// The versions of a custom resource: their names, which of them is stored, and what each one offers. Pure.

import { type FieldError, invalid, type JsonSchema, required } from '../../../meta/index.ts'
import type {
  CustomResourceColumn,
  CustomResourceDefinitionSpec,
  CustomResourceSubresources,
  CustomResourceVersion,
} from '../custom-resource-definition.ts'
import { dns1035Finding } from './names.ts'
import { rootSchemaErrors } from './schema.ts'
import { selectableFieldErrors } from './selectable-fields.ts'

export function versionErrors({ versions }: CustomResourceDefinitionSpec): FieldError[] {
  const path = 'spec.versions'
  const names = new Set(versions.map(({ name }) => name))
  const stored = versions.filter(({ storage }) => storage).length
  return [
    ...versions.flatMap((version, index) => oneVersionErrors(version, `${path}[${index}]`)),
    ...(names.size < versions.length ? [invalid(path, briefly(versions), 'must contain unique version names')] : []),
    ...(stored === 1 ? [] : [invalid(path, briefly(versions), 'must have exactly one version marked as storage version')]),
  ]
}

/** A message is no place for schemas. */
function briefly(versions: readonly CustomResourceVersion[]): object[] {
  return versions.map(({ name, served, storage }) => ({ name, served, storage }))
}

function oneVersionErrors(version: CustomResourceVersion, path: string): FieldError[] {
  const schema = version.schema?.openAPIV3Schema
  const finding = dns1035Finding(version.name)
  return [
    ...(finding === undefined ? [] : [invalid(`${path}.name`, version.name, finding)]),
    ...deprecationErrors(version, `${path}.deprecationWarning`),
    ...(schema === undefined
      ? [required(`${path}.schema.openAPIV3Schema`)]
      : schemaErrors(schema, version.subresources?.status !== undefined, `${path}.schema.openAPIV3Schema`)),
    ...scaleErrors(version.subresources?.scale, `${path}.subresources.scale`),
    ...(version.additionalPrinterColumns ?? []).flatMap((column, index) =>
      columnErrors(column, `${path}.additionalPrinterColumns[${index}]`),
    ),
    ...selectableFieldErrors(version.selectableFields ?? [], schema, `${path}.selectableFields`),
  ]
}

function deprecationErrors({ deprecated, deprecationWarning: text }: CustomResourceVersion, path: string): FieldError[] {
  if (text === undefined) return []
  if (!deprecated) return [invalid(path, text, 'can only be set for deprecated versions')]
  if (text === '') return [invalid(path, text, 'must not be an empty string')]
  if (text.length > maxWarningLength) return [invalid(path, text, `must be <= ${maxWarningLength} characters long`)]
  const at = Array.from(text).findIndex((character) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character))
  const why = `must only contain printable UTF-8 characters; non-printable character found at index ${at}`
  return at === -1 ? [] : [invalid(path, text, why)]
}

/** As in Kubernetes: it goes with every answer. */
const maxWarningLength = 256

/** What is said of status must be said inside `properties.status`, where it is found again. */
const besideStatus: ReadonlySet<string> = new Set([
  'description',
  'type',
  'format',
  'title',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'multipleOf',
  'required',
  'items',
  'properties',
  'externalDocs',
  'example',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
])

function schemaErrors(schema: JsonSchema, hasStatus: boolean, path: string): FieldError[] {
  const stray = hasStatus ? Object.keys(schema).find((word) => !besideStatus.has(word)) : undefined
  const why = `only ${[...besideStatus].join(', ')} are allowed at the root of the schema if the status subresource is enabled`
  return [...(stray === undefined ? [] : [invalid(path, stray, why)]), ...rootSchemaErrors(schema, path)]
}

function scaleErrors(scale: CustomResourceSubresources['scale'], path: string): FieldError[] {
  if (scale === undefined) return []
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = '' } = scale
  return [
    ...pathErrors(`${path}.specReplicasPath`, specReplicasPath, ['.spec.'], 'should be a json path under .spec'),
    ...pathErrors(`${path}.statusReplicasPath`, statusReplicasPath, ['.status.'], 'should be a json path under .status'),
    ...(labelSelectorPath === ''
      ? []
      : pathErrors(
          `${path}.labelSelectorPath`,
          labelSelectorPath,
          ['.spec.', '.status.'],
          'should be a json path under either .spec or .status',
        )),
  ]
}

function pathErrors(field: string, jsonPath: string, under: readonly string[], why: string): FieldError[] {
  if (jsonPath === '') return [required(field)]
  if (!jsonPath.startsWith('.')) return [invalid(field, jsonPath, 'must be a simple json path starting with .')]
  return under.some((prefix) => jsonPath.startsWith(prefix)) ? [] : [invalid(field, jsonPath, why)]
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function columnErrors({ name, type, format = '', jsonPath }: CustomResourceColumn, path: string): FieldError[] {
  const oneOf = (words: readonly string[]): string => `must be one of ${words.join(',')}`
  return [
    ...(name === '' ? [required(`${path}.name`)] : []),
    ...(type === '' ? [required(`${path}.type`, oneOf(columnTypes))] : []),
    ...(type === '' || columnTypes.includes(type) ? [] : [invalid(`${path}.type`, type, oneOf(columnTypes))]),
    ...(format === '' || columnFormats.includes(format) ? [] : [invalid(`${path}.format`, format, oneOf(columnFormats))]),
    ...(jsonPath === '' ? [required(`${path}.JSONPath`)] : []),
    ...(jsonPath === '' || jsonPath.startsWith('.')
      ? []
      : [invalid(`${path}.JSONPath`, jsonPath, 'must be a simple json path starting with .')]),
  ]
}
