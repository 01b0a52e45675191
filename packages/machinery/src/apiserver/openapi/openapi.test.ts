import type { ApiResponse } from '@sheaf/api/client'
import type { JsonObject } from '@sheaf/api/meta'
import { describe, expect, test } from 'vitest'
import { createPublication } from '../publication.ts'
import { publicationOptions } from '../published-kinds.testdata.ts'

const publication = createPublication(publicationOptions)
const protobufRequested = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

function get(path: string, accept = 'application/json'): ApiResponse {
  const answer = publication({ method: 'GET', path, headers: { accept } })
  if (answer === undefined) throw new Error(`${path} is not answered`)
  return answer
}

const bytesOf = (answer: ApiResponse): Uint8Array => answer.body as Uint8Array
const jsonOf = (answer: ApiResponse): JsonObject => JSON.parse(Buffer.from(bytesOf(answer)).toString()) as JsonObject

// A reader of gnostic's protobuf that shares nothing with the encoder: bytes to fields, and fields to the JSON form.
type Fields = ReadonlyMap<number, readonly Uint8Array[]>

/** Values by field number; numbers are kept as their one byte, since the documents have no larger ones. */
function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, Uint8Array[]>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('the document ends inside a number')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const length = (tag & 7) === 2 ? varint() : 1
    const values = fields.get(tag >> 3) ?? []
    fields.set(tag >> 3, [...values, bytes.subarray(at, at + length)])
    at += length
  }
  return fields
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const one = (fields: Fields, number: number): Uint8Array => fields.get(number)?.[0] ?? new Uint8Array()
const all = (fields: Fields, number: number): readonly Uint8Array[] => fields.get(number) ?? []
const free = (bytes: Uint8Array): unknown => JSON.parse(text(one(fieldsOf(bytes), 2)))
const named = (entries: readonly Uint8Array[], read: (value: Uint8Array) => unknown): Record<string, unknown> =>
  Object.fromEntries(entries.map((entry) => [text(one(fieldsOf(entry), 1)), read(one(fieldsOf(entry), 2))]))
const set = (key: string, isThere: boolean, value: () => unknown): object => (isThere ? { [key]: value() } : {})

function readSchema(bytes: Uint8Array): object {
  const fields = fieldsOf(bytes)
  const inner = (number: number): Uint8Array => one(fieldsOf(one(fields, number)), 1)
  return {
    ...set('$ref', fields.has(1), () => text(one(fields, 1))),
    ...set('format', fields.has(2), () => text(one(fields, 2))),
    ...set('description', fields.has(4), () => text(one(fields, 4))),
    ...set('default', fields.has(5), () => free(one(fields, 5))),
    ...set('required', fields.has(19), () => all(fields, 19).map(text)),
    ...set('enum', fields.has(20), () => all(fields, 20).map(free)),
    ...set('additionalProperties', fields.has(21), () => readSchema(inner(21))),
    ...set('type', fields.has(22), () => text(inner(22))),
    ...set('items', fields.has(23), () => readSchema(inner(23))),
    ...set('properties', fields.has(25), () => named(all(fieldsOf(one(fields, 25)), 1), readSchema)),
    ...named(all(fields, 31), free),
  }
}

function readParameter(bytes: Uint8Array): object {
  const kinds = fieldsOf(one(fieldsOf(bytes), 1))
  if (kinds.has(1)) {
    const body = fieldsOf(one(kinds, 1))
    return { name: text(one(body, 2)), in: text(one(body, 3)), required: body.has(4), schema: readSchema(one(body, 5)) }
  }
  const places = fieldsOf(one(kinds, 2))
  const isInPath = places.has(4)
  const fields = fieldsOf(one(places, isInPath ? 4 : 3))
  return {
    name: text(one(fields, 4)),
    in: text(one(fields, 2)),
    type: text(one(fields, isInPath ? 5 : 6)),
    description: text(one(fields, 3)),
    ...set('required', fields.has(1), () => true),
  }
}

function readOperation(bytes: Uint8Array): object {
  const fields = fieldsOf(bytes)
  const responses = named(all(fieldsOf(one(fields, 9)), 1), (value) => {
    const response = fieldsOf(one(fieldsOf(value), 1))
    const schema = (): object => readSchema(one(fieldsOf(one(response, 2)), 1))
    return { description: text(one(response, 1)), ...set('schema', response.has(2), schema) }
  })
  return {
    operationId: text(one(fields, 5)),
    produces: all(fields, 6).map(text),
    consumes: all(fields, 7).map(text),
    parameters: all(fields, 8).map(readParameter),
    responses,
    ...named(all(fields, 13), free),
  }
}

function readDocument(bytes: Uint8Array): object {
  const document = fieldsOf(bytes)
  const info = fieldsOf(one(document, 2))
  const methods: [string, number][] = [
    ['get', 2],
    ['put', 3],
    ['post', 4],
    ['delete', 5],
    ['patch', 8],
  ]
  return {
    swagger: text(one(document, 1)),
    info: { title: text(one(info, 1)), version: text(one(info, 2)) },
    paths: named(all(fieldsOf(one(document, 8)), 2), (value) => {
      const item = fieldsOf(value)
      const operations = methods.filter(([, number]) => item.has(number))
      return Object.fromEntries(operations.map(([method, number]) => [method, readOperation(one(item, number))]))
    }),
    definitions: named(all(fieldsOf(one(document, 9)), 1), readSchema),
  }
}

interface V2 {
  paths: Record<string, Record<string, { parameters: { name: string }[]; operationId: string }>>
  definitions: Record<string, JsonObject>
}

describe('OpenAPI v2', () => {
  const document = jsonOf(get('/openapi/v2', '*/*')) as unknown as V2

  test('the protobuf form says exactly what the JSON form says', () => {
    const answer = get('/openapi/v2', protobufRequested)
    expect(answer.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
    expect(readDocument(bytesOf(answer))).toEqual(document)
    expect(bytesOf(get('/swagger-2.0.0.pb-v1'))).toEqual(bytesOf(answer))
  })

  test('nothing but JSON and that protobuf is given', () => {
    const refusal = get('/openapi/v2', 'application/xml')
    expect(refusal.status).toBe(406)
    expect(refusal.body).toContain('only the following media types are accepted: application/json')
  })

  test('every served verb has its operation, and PATCH the parameters by which kubectl knows what the server can do', () => {
    const methodsOf = (path: string): string[] => Object.keys(document.paths[path] ?? {}).sort()
    const widgets = '/apis/example.org/v1/namespaces/{namespace}/widgets'
    expect(methodsOf(widgets)).toEqual(['delete', 'get', 'post'])
    expect(methodsOf('/apis/example.org/v1/widgets')).toEqual(['get'])
    expect(methodsOf(`${widgets}/{name}`)).toEqual(['delete', 'get', 'patch', 'put'])
    expect(methodsOf(`${widgets}/{name}/status`)).toEqual(['get', 'patch', 'put'])
    expect(methodsOf('/api/v1/notes')).toEqual(['get', 'post'])
    expect(methodsOf('/apis/actions.example.org/v1/namespaces/{namespace}/widgets/{name}/spin')).toEqual(['put'])
    const patch = document.paths[`${widgets}/{name}`]?.patch
    expect(patch).toMatchObject({
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group: 'example.org', version: 'v1', kind: 'Widget' },
    })
    const names = patch?.parameters.map(({ name }) => name)
    expect(names).toEqual(['namespace', 'name', 'dryRun', 'fieldManager', 'fieldValidation', 'force', 'body'])
  })

  test('operations have different ids', () => {
    const ids = Object.values(document.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId))
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('only what served Kinds need is published, with the fields of every object', () => {
    expect(Object.keys(document.definitions)).not.toContain('org.example.v1.Unused')
    expect(document.definitions['org.example.v1.Widget']).toMatchObject({
      required: ['spec'],
      properties: { metadata: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' } },
      'x-kubernetes-group-version-kind': [
        { group: 'example.org', version: 'v1beta1', kind: 'Widget' },
        { group: 'example.org', version: 'v1', kind: 'Widget' },
      ],
    })
    expect(document.definitions['org.example.core.v1.NoteList']).toMatchObject({
      properties: { items: { items: { $ref: '#/definitions/org.example.core.v1.Note' } } },
    })
  })

  test('value rules are left out, merge keys are kept, and a field that may be null has no type', () => {
    expect(document.definitions['org.example.v1.WidgetSpec']?.properties).toMatchObject({
      speed: { type: 'integer', format: 'int32', default: 7, description: 'Turns a minute.' },
      mood: { type: 'string', enum: ['calm', 'wild'] },
      parts: { 'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-patch-strategy': 'merge' },
    })
    const { speed, mood, since } = (document.definitions['org.example.v1.WidgetSpec']?.properties ?? {}) as Record<
      string,
      JsonObject
    >
    expect([speed?.minimum, mood?.pattern, since]).toEqual([undefined, undefined, {}])
  })
})

describe('OpenAPI v3', () => {
  interface Index {
    paths: Record<string, { serverRelativeURL: string }>
  }
  const index = jsonOf(get('/openapi/v3')) as unknown as Index
  const address = index.paths['apis/example.org/v1']?.serverRelativeURL ?? ''

  test('the index leads to one document for each group version, by its hash', () => {
    expect(Object.keys(index.paths)).toEqual([
      'api/v1',
      'apis/actions.example.org/v1',
      'apis/actions.example.org/v1alpha3',
      'apis/example.org/v1',
      'apis/example.org/v1beta1',
    ])
    expect(address).toMatch(/^\/openapi\/v3\/apis\/example\.org\/v1\?hash=[0-9A-F]{128}$/)
  })

  test('with the right hash a document may be kept for ever; a wrong one leads to the right one', () => {
    expect(get(address)).toMatchObject({ status: 200, headers: { 'cache-control': 'public, immutable, max-age=31536000' } })
    expect(get('/openapi/v3/apis/example.org/v1?hash=OLD')).toMatchObject({ status: 301, headers: { location: address } })
    expect(get('/openapi/v3/apis/example.org/v1').headers['cache-control']).toBe('public')
  })

  test('a reference with words beside it, an int-or-string and value rules are said in the way of v3', () => {
    const { components } = jsonOf(get(address)) as unknown as { components: { schemas: Record<string, JsonObject> } }
    expect(components.schemas['org.example.v1.Widget']?.properties).toMatchObject({
      spec: { description: 'What is wanted.', allOf: [{ $ref: '#/components/schemas/org.example.v1.WidgetSpec' }] },
    })
    expect(components.schemas['org.example.v1.WidgetSpec']?.properties).toMatchObject({
      speed: { minimum: 0 },
      since: { nullable: true },
      weight: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
      parts: { items: { $ref: '#/components/schemas/org.example.v1.Part' }, 'x-kubernetes-patch-merge-key': 'name' },
    })
  })
})
