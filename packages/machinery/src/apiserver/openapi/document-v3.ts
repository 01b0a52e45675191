// OpenAPI v3, one document per group version: `kubectl explain`, field validation and apply's merge keys read it.

import type { JsonSchema } from '@sheaf/api/meta'
import { definitionName } from '../../schema/definition-at.ts'
import { type InnerSchemas, mapSchema, type PublishedDefinitions, reachable } from './definitions.ts'
import { namesIn } from './document-v2.ts'
import type { Operation, Parameter } from './operations.ts'

type SchemaV3 = Record<string, unknown>

export function documentV3(version: string, operations: readonly Operation[], definitions: PublishedDefinitions): object {
  const used = reachable(namesIn(operations), definitions)
  const schemas = Object.entries(used).map(([name, schema]) => [name, mapSchema<SchemaV3>(schema, schemaV3)])
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationV3(operation) }
  }
  const info = { title: 'Kubernetes', version }
  return { openapi: '3.0.0', info, paths, components: { schemas: Object.fromEntries(schemas) } }
}

/** `/openapi/v3`: where the documents are, by `api/v1` or `apis/<group>/<version>`. */
export function indexV3(hashes: ReadonlyMap<string, string>): object {
  const paths = [...hashes].map(([name, hash]) => [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }])
  return { paths: Object.fromEntries(paths) as Record<string, object> }
}

function operationV3(operation: Operation): object {
  const { id, action, body, response, groupVersionKind, contentTypes, method } = operation
  return {
    operationId: id,
    parameters: operation.parameters.map(parameterV3),
    ...(body === undefined ? {} : { requestBody: { content: contentOf(contentTypes, body), required: method !== 'delete' } }),
    responses: {
      [method === 'post' ? 201 : 200]: {
        description: 'OK',
        ...(response === undefined ? {} : { content: contentOf(['application/json'], response) }),
      },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': groupVersionKind,
  }
}

function parameterV3({ name, in: place, type, description }: Parameter): object {
  return { name, in: place, description, ...(place === 'path' ? { required: true } : {}), schema: { type } }
}

function contentOf(types: readonly string[], name: string): Record<string, object> {
  return Object.fromEntries(types.map((type) => [type, { schema: { $ref: componentRef(name) } }]))
}

const componentRef = (name: string): string => `#/components/schemas/${name}`

function schemaV3(schema: JsonSchema, inner: InnerSchemas<SchemaV3>): SchemaV3 {
  const { $ref, properties: _properties, items: _items, ...own } = schema
  const rest: SchemaV3 = { ...own, ...inner }
  if ($ref !== undefined) {
    const target = { $ref: componentRef(definitionName($ref)) }
    // v3 ignores what stands beside a $ref.
    return Object.keys(rest).length === 0 ? target : { ...rest, allOf: [target] }
  }
  if (schema['x-kubernetes-int-or-string'] === true) {
    const { type: _type, ...typeless } = rest
    return { ...typeless, anyOf: [{ type: 'integer' }, { type: 'string' }] }
  }
  return schema.type === 'array' ? { items: {}, ...rest } : rest
}
