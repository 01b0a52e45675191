import {
  type FieldError,
  fieldErrorText,
  type Json,
  type JsonObject,
  type JsonSchema,
  type SchemaDefinitions,
} from '@sheaf/api/meta'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { itemSchema, propertySchema } from './definition-at.ts'
import { checkStructure } from './structural.ts'

const definitions: SchemaDefinitions = {
  Part: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string' },
      size: { type: 'integer', default: 1 },
      part: { $ref: '#/definitions/Part' },
      parts: { type: 'array', items: { $ref: '#/definitions/Part' } },
    },
  },
  Round: { $ref: '#/definitions/Round' },
}

const spec = (properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema => ({
  type: 'object',
  properties: { spec: { type: 'object', properties, required } },
})

/** Checks `given` as the spec of an object and gives what became of it beside the findings. */
function check(properties: Record<string, JsonSchema>, given: JsonObject, required?: string[]) {
  const object: JsonObject = { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { name: 'a' }, spec: given }
  const { unknownFields, errors } = checkStructure(spec(properties, required), definitions, object)
  return { spec: object.spec, unknownFields, errors: errors.map(fieldErrorText) }
}

const firstError = (schema: JsonSchema, value: Json): string | undefined => check({ x: schema }, { x: value }).errors[0]

describe('pruning', () => {
  test('unknown fields go and are named by their path', () => {
    const parts: JsonSchema = { type: 'array', items: { $ref: '#/definitions/Part' } }
    const result = check(
      { parts },
      {
        parts: [
          { name: 'a', size: 2 },
          { name: 'b', size: 2, color: 'red' },
        ],
        speed: 1,
      },
    )
    expect(result).toEqual({
      spec: {
        parts: [
          { name: 'a', size: 2 },
          { name: 'b', size: 2 },
        ],
      },
      unknownFields: ['spec.parts[1].color', 'spec.speed'],
      errors: [],
    })
  })

  test('apiVersion, kind and metadata are always known, at the top only', () => {
    const object = { apiVersion: 'v1', kind: 'Widget', metadata: { name: 'a', colour: 'red' }, spec: { kind: 'x' } }
    expect(checkStructure(spec({}), definitions, object).unknownFields).toEqual(['spec.kind'])
    expect(object).toEqual({ apiVersion: 'v1', kind: 'Widget', metadata: { name: 'a', colour: 'red' }, spec: {} })
  })

  test('maps keep every key and check every value', () => {
    const map: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } }
    expect(check({ map }, { map: { a: 'x', b: 1 } })).toMatchObject({
      spec: { map: { a: 'x', b: 1 } },
      errors: ['spec.map.b: Invalid value: "integer": spec.map.b in body must be of type string: "integer"'],
    })
  })

  test('what a schema leaves open is kept as it is', () => {
    const anything = { deep: [{ er: null }] }
    const open: JsonSchema[] = [
      {},
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      { type: 'object', additionalProperties: true },
      { $ref: '#/definitions/Missing' },
    ]
    for (const schema of open) expect(check({ x: schema }, { x: anything })).toMatchObject({ spec: { x: anything }, errors: [] })
  })

  test('fields named like parts of JavaScript are unknown like any other', () => {
    const given = JSON.parse('{"__proto__": {"a": 1}, "constructor": 1, "toString": 1}') as JsonObject
    const result = check({}, given)
    expect(result).toMatchObject({ spec: {}, unknownFields: ['spec.__proto__', 'spec.constructor', 'spec.toString'] })
    expect(Object.keys(result.spec as JsonObject)).toEqual([])
  })
})

describe('defaults and nulls', () => {
  test('a default fills what is missing, from the outside in, with a copy each time', () => {
    const schema: JsonSchema = { $ref: '#/definitions/Part', default: { name: 'a' } }
    const first = check({ x: schema }, {})
    expect(first.spec).toEqual({ x: { name: 'a', size: 1 } })
    expect(schema.default).toEqual({ name: 'a' })
  })

  test('null becomes the default, goes where there is none, and stays where the schema allows it', () => {
    const properties: Record<string, JsonSchema> = {
      filled: { type: 'integer', default: 3 },
      gone: { type: 'string' },
      kept: { type: 'string', nullable: true, default: 'x' },
    }
    expect(check(properties, { filled: null, gone: null, kept: null })).toEqual({
      spec: { filled: 3, kept: null },
      unknownFields: [],
      errors: [],
    })
  })

  test('a null in a list has the wrong type', () => {
    expect(firstError({ type: 'array', items: { type: 'string' } }, [null])).toBe(
      'spec.x[0]: Invalid value: "null": spec.x[0] in body must be of type string: "null"',
    )
  })
})

describe('texts', () => {
  const many = 'x'.repeat(6)
  test.each<[JsonSchema, Json, string]>([
    [{ type: 'integer' }, 'a', 'Invalid value: "string": spec.x in body must be of type integer: "string"'],
    [{ type: 'integer' }, 1.5, 'Invalid value: "number": spec.x in body must be of type integer: "number"'],
    [{ type: 'string' }, { a: 1 }, 'Invalid value: "object": spec.x in body must be of type string: "object"'],
    [{ type: 'object' }, [], 'Invalid value: "array": spec.x in body must be of type object: "array"'],
    [{ type: 'boolean' }, 1, 'Invalid value: "integer": spec.x in body must be of type boolean: "integer"'],
    [
      { 'x-kubernetes-int-or-string': true },
      true,
      'Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"',
    ],
    [{ type: 'string', enum: ['a', 'b'] }, 'c', 'Unsupported value: "c": supported values: "a", "b"'],
    [{ type: 'integer', maximum: 10 }, 11, 'Invalid value: 11: spec.x in body should be less than or equal to 10'],
    [{ type: 'integer', minimum: 0 }, -1, 'Invalid value: -1: spec.x in body should be greater than or equal to 0'],
    [{ type: 'string', minLength: 1 }, '', 'Invalid value: "": spec.x in body should be at least 1 chars long'],
    [{ type: 'string', maxLength: 5 }, many, 'Too long: may not be more than 5 bytes'],
    [{ type: 'string', pattern: '^a$' }, 'b', `Invalid value: "b": spec.x in body should match '^a$'`],
    [{ type: 'array', maxItems: 1, items: {} }, [1, 2], 'Too many: 2: must have at most 1 items'],
    [{ type: 'array', minItems: 1, items: {} }, [], 'Invalid value: 0: spec.x in body should have at least 1 items'],
    [
      { type: 'integer', format: 'int32' },
      2 ** 31,
      'Invalid value: 2147483648: Checked value must be of type integer with format int32 in spec.x',
    ],
    [
      { type: 'string', format: 'date-time' },
      'today',
      'Invalid value: "today": spec.x in body must be of type date-time: "today"',
    ],
    [{ type: 'string', format: 'byte' }, '*', 'Invalid value: "*": spec.x in body must be of type byte: "*"'],
    [{ type: 'array', items: {}, 'x-kubernetes-list-type': 'set' }, ['a', 'b', 'a'], '[2]: Duplicate value: "a"'],
    [
      { type: 'array', items: {}, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a', 'b'] },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1, c: 3 },
      ],
      '[1]: Duplicate value: map[string]interface {}{"a":1, "b":2}',
    ],
  ])('%j refuses %j', (schema, value, expected) => {
    expect(firstError(schema, value)).toBe(expected.startsWith('[') ? `spec.x${expected}` : `spec.x: ${expected}`)
  })

  test.each<[JsonSchema, Json]>([
    [{ 'x-kubernetes-int-or-string': true, pattern: '^[0-9]+(Mi|Gi)?$' }, '512Mi'],
    [{ 'x-kubernetes-int-or-string': true, pattern: '^[0-9]+(Mi|Gi)?$' }, 512],
    [{ type: 'number' }, 1],
    [{ type: 'integer', format: 'int64' }, Number.MIN_SAFE_INTEGER],
    [{ type: 'string', format: 'date-time' }, '2026-02-03T04:05:06.789+02:00'],
    [{ type: 'string', format: 'byte' }, 'czNjcmV0'],
    [{ type: 'string', format: 'whatever' }, 'x'],
    [{ type: 'string', maxLength: 1 }, '🌾'],
  ])('%j accepts %j', (schema, value) => {
    expect(firstError(schema, value)).toBeUndefined()
  })

  test('a required field that is missing, with no default, is named', () => {
    const properties: Record<string, JsonSchema> = { a: { type: 'string' }, b: { type: 'string', default: 'x' } }
    expect(check(properties, {}, ['a', 'b']).errors).toEqual(['spec.a: Required value'])
    expect(check(properties, { a: null }, ['a']).errors).toEqual(['spec.a: Required value'])
  })

  test('metadata must be an object and is otherwise left alone', () => {
    const errors = checkStructure(spec({}), definitions, { metadata: 'x' }).errors satisfies FieldError[]
    expect(errors.map(fieldErrorText)).toEqual([
      'metadata: Invalid value: "string": metadata in body must be of type object: "string"',
    ])
  })
})

describe('limits', () => {
  test('a schema that contains itself is followed as deep as any real object goes, and no deeper', () => {
    const nested = (levels: number): JsonObject => {
      let part: JsonObject = { name: 'a' }
      for (let level = 0; level < levels; level++) part = { name: 'a', part }
      return part
    }
    const x: JsonSchema = { $ref: '#/definitions/Part' }
    expect(check({ x }, { x: nested(100) }).errors).toEqual([])
    expect(check({ x }, { x: nested(5_000) }).errors[0]).toContain('nested deeper than 200 levels')
  })

  test('references in a circle say nothing', () => {
    expect(check({ x: { $ref: '#/definitions/Round' } }, { x: 1 }).errors).toEqual([])
  })

  test('findings end at a hundred, pruning does not', () => {
    const given = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`f${index}`, index]))
    const { spec: left, unknownFields } = check({}, given)
    expect(left).toEqual({})
    expect(unknownFields).toHaveLength(100)
  })

  test('a pattern on which others would backtrack for years is matched in a moment', () => {
    expect(firstError({ type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(10_000)}b`)).toContain('should match')
  })

  test('a pattern that RE2 would refuse is refused', () => {
    for (const pattern of ['(?=a)', '(?<!a)b', '(a)\\1']) {
      expect(() => firstError({ type: 'string', pattern }, 'a')).toThrow('error parsing regexp')
    }
    expect(firstError({ type: 'string', pattern: '^\\\\1(?<x>a)$' }, '\\1a')).toBeUndefined()
  })
})

describe('what a schema says of a part', () => {
  const widget: JsonSchema = { type: 'object', properties: { part: { $ref: '#/definitions/Part', description: 'mine' } } }

  test('references are followed; what stands beside them wins', () => {
    expect(propertySchema(widget, definitions, 'part')).toMatchObject({ type: 'object', description: 'mine' })
    const parts = propertySchema(propertySchema(widget, definitions, 'part'), definitions, 'parts')
    expect(itemSchema(parts, definitions)).toBe(definitions.Part)
  })

  test('what is not described is undefined', () => {
    expect(propertySchema(widget, definitions, 'toString')).toBeUndefined()
    expect(propertySchema({ $ref: '#/definitions/Missing' }, definitions, 'a')).toBeUndefined()
    expect(itemSchema(undefined, definitions)).toBeUndefined()
  })
})

test('checking what was checked changes nothing and finds no unknown field', () => {
  const x: JsonSchema = {
    type: 'object',
    properties: {
      a: { type: 'integer', default: 1 },
      b: { type: 'string', nullable: true },
      c: { $ref: '#/definitions/Part', default: { name: 'c' } },
      d: { type: 'object', additionalProperties: { $ref: '#/definitions/Part' } },
      e: { type: 'array', items: { 'x-kubernetes-int-or-string': true } },
    },
  }
  const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'name', 'size', 'part', 'parts', 'other')
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, 1, 'x', true),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(names, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
    ),
  }))
  fc.assert(
    fc.property(tree, (value) => {
      const once = check({ x }, { x: structuredClone(value) })
      const twice = check({ x }, structuredClone(once.spec) as JsonObject)
      expect(twice).toEqual({ ...once, unknownFields: [] })
    }),
  )
})
