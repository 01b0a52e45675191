// An OpenAPI v2 document in the protobuf form of gnostic, which is how kubectl asks for it. The numbers are those of
// gnostic's messages.

import type { Json } from '@sheaf/api/meta'
import { flag, join, message, text, texts, type WireBytes } from '../protobuf/wire-writer.ts'
import type { PublishedSchema } from './definitions.ts'
import type { V2Document, V2Operation, V2Parameter } from './document-v2.ts'
import type { Method } from './operations.ts'

export function encodeV2(document: V2Document): Uint8Array {
  const { title, version } = document.info
  const paths = Object.entries(document.paths).map(([path, operations]) => named(2, path, encodePathItem(operations)))
  const definitions = Object.entries(document.definitions).map(([name, schema]) => named(1, name, encodeSchema(schema)))
  return join([
    text(1, document.swagger),
    message(2, text(1, title), text(2, version)),
    message(8, ...paths),
    message(9, ...definitions),
  ])
}

/** An entry of a map: 1 is the name, 2 the value. */
function named(field: number, name: string, value: WireBytes): WireBytes {
  return message(field, text(1, name), message(2, value))
}

const methodFields: Readonly<Record<Method, number>> = { get: 2, put: 3, post: 4, delete: 5, patch: 8 }

function encodePathItem(operations: Partial<Record<Method, V2Operation>>): WireBytes {
  const methods = Object.keys(methodFields) as Method[]
  return join(
    methods.map((method) => {
      const operation = operations[method]
      return operation === undefined ? join([]) : message(methodFields[method], encodeOperation(operation))
    }),
  )
}

function encodeOperation(operation: V2Operation): WireBytes {
  const responses = Object.entries(operation.responses).map(([code, { description, schema }]) => {
    const content = schema === undefined ? [] : [message(2, message(1, encodeSchema(schema)))]
    return named(1, code, message(1, text(1, description), ...content))
  })
  return join([
    text(5, operation.operationId),
    texts(6, operation.produces),
    texts(7, operation.consumes),
    ...operation.parameters.map((parameter) => message(8, message(1, encodeParameter(parameter)))),
    message(9, ...responses),
    extension(13, 'x-kubernetes-action', operation['x-kubernetes-action']),
    extension(13, 'x-kubernetes-group-version-kind', { ...operation['x-kubernetes-group-version-kind'] }),
  ])
}

function encodeParameter(parameter: V2Parameter): WireBytes {
  if ('schema' in parameter) {
    const { name, schema } = parameter
    return message(1, text(2, name), text(3, 'body'), flag(4, parameter.required), message(5, encodeSchema(schema)))
  }
  const { name, type, description } = parameter
  const common = [flag(1, parameter.required === true), text(2, parameter.in), text(3, description), text(4, name)]
  // A query parameter has one field more than a path parameter, so that the numbers after it differ.
  return parameter.in === 'path'
    ? message(2, message(4, ...common, text(5, type)))
    : message(2, message(3, ...common, text(6, type)))
}

function encodeSchema(schema: PublishedSchema): WireBytes {
  const { $ref = '', format = '', description = '', default: byDefault, type, items, properties } = schema
  const parts = [text(1, $ref), text(2, format), text(4, description)]
  if (byDefault !== undefined) parts.push(message(5, anyOf(byDefault)))
  parts.push(texts(19, schema.required ?? []))
  for (const value of schema.enum ?? []) parts.push(message(20, anyOf(value)))
  if (typeof schema.additionalProperties === 'object') {
    parts.push(message(21, message(1, encodeSchema(schema.additionalProperties))))
  }
  if (type !== undefined) parts.push(message(22, text(1, type)))
  if (items !== undefined) parts.push(message(23, message(1, encodeSchema(items))))
  if (properties !== undefined) {
    parts.push(message(25, ...Object.entries(properties).map(([name, each]) => named(1, name, encodeSchema(each)))))
  }
  for (const [key, value] of Object.entries(schema)) {
    if (key.startsWith('x-') && value !== undefined) parts.push(extension(31, key, value as Json))
  }
  return join(parts)
}

function extension(field: number, name: string, value: Json): WireBytes {
  return named(field, name, anyOf(value))
}

/** gnostic keeps free values as YAML text, of which JSON is a part. */
function anyOf(value: Json): WireBytes {
  return text(2, `${JSON.stringify(value)}\n`)
}
