import { StatusError } from '@sheaf/api/meta'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capturedBodies } from './captured-bodies.testdata.ts'
import { decodeProtobuf } from './decode-object.ts'

// An encoder that knows nothing of the tables: what is sent is written out in each test.
type Part = number[]
const varint = (value: number | bigint): Part => {
  const bytes: Part = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}
const number = (field: number, value: number | bigint): Part => [...varint(field * 8), ...varint(value)]
const bytes = (field: number, content: Iterable<number>): Part => {
  const all = [...content]
  return [...varint(field * 8 + 2), ...varint(all.length), ...all]
}
const text = (field: number, content: string): Part => bytes(field, Buffer.from(content))
const message = (field: number, ...parts: Part[]): Part => bytes(field, parts.flat())
const fixed = (field: number, value: number): Part => {
  const double = Buffer.alloc(8)
  double.writeDoubleLE(value)
  return [...varint(field * 8 + 1), ...double]
}
const envelope = (apiVersion: string, kind: string, ...parts: Part[]): Uint8Array =>
  Uint8Array.from([0x6b, 0x38, 0x73, 0, ...message(1, text(1, apiVersion), text(2, kind)), ...message(2, ...parts)])

function refusalOf(body: Uint8Array): StatusError {
  try {
    decodeProtobuf(body)
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('what kubectl sends', () => {
  for (const { command, base64, object } of capturedBodies) {
    test(`${command} becomes the object that was meant`, () => {
      expect(decodeProtobuf(Buffer.from(base64, 'base64'))).toEqual(object)
    })
  }
})

describe('values', () => {
  test('a zero value is absent, unless the field is a pointer or always part of the JSON form', () => {
    const body = envelope(
      'v1',
      'Service',
      message(2, message(1, text(1, ''), number(3, 0), number(5, 0)), number(13, 0), number(20, 0)),
    )
    expect(decodeProtobuf(body)).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      spec: { ports: [{ port: 0 }], allocateLoadBalancerNodePorts: false },
    })
  })

  test('JSON inside is JSON, and a revision of zero is kept', () => {
    const data = '{"kind":"Widget","spec":{"size":2}}'
    const body = envelope('apps/v1', 'ControllerRevision', message(1, text(1, 'a')), message(2, text(1, data)), number(3, 0))
    expect(decodeProtobuf(body)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name: 'a' },
      data: { kind: 'Widget', spec: { size: 2 } },
      revision: 0,
    })
  })

  test('times have whole seconds, micro times six decimals, and an empty time is null', () => {
    const at = (field: number): Part => message(field, number(1, 1_700_000_000), number(2, 123_456_789))
    const lease = envelope('coordination.k8s.io/v1', 'Lease', message(1, at(8), message(9)), message(2, at(3)))
    expect(decodeProtobuf(lease)).toEqual({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { creationTimestamp: '2023-11-14T22:13:20Z', deletionTimestamp: null },
      spec: { acquireTime: '2023-11-14T22:13:20.123456Z' },
    })
  })

  test('a time outside the years 1 to 9999 is refused', () => {
    const body = envelope('v1', 'Namespace', message(1, message(8, number(1, 10n ** 15n))))
    expect(refusalOf(body).message).toContain('a time is outside the years 1 to 9999')
  })

  test('negative whole numbers take ten bytes', () => {
    const body = envelope('v1', 'DeleteOptions', number(1, -1n))
    expect(decodeProtobuf(body)).toEqual({ apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: -1 })
  })

  test('DeleteOptions are known in every group', () => {
    const body = envelope('coordination.k8s.io/v1', 'DeleteOptions', text(4, 'Background'), text(5, 'All'))
    expect(decodeProtobuf(body)).toMatchObject({ propagationPolicy: 'Background', dryRun: ['All'] })
  })

  test('quantities, bytes, maps, int-or-string and raw JSON have their JSON form', () => {
    const node = envelope('v1', 'Node', message(3, message(1, text(1, 'cpu'), message(2, text(1, '4')))))
    expect(decodeProtobuf(node)).toMatchObject({ status: { capacity: { cpu: '4' } } })
    const configMap = envelope('v1', 'ConfigMap', message(3, text(1, 'logo'), bytes(2, [0, 255])))
    expect(decodeProtobuf(configMap)).toMatchObject({ binaryData: { logo: 'AP8=' } })
    const port = (target: Part): Uint8Array => envelope('v1', 'Service', message(2, message(1, number(3, 80), target)))
    const byName = port(message(4, number(1, 1), text(3, 'http')))
    expect(decodeProtobuf(byName)).toMatchObject({ spec: { ports: [{ port: 80, targetPort: 'http' }] } })
    const byNumber = port(message(4, number(1, 0), number(2, 8080)))
    expect(decodeProtobuf(byNumber)).toMatchObject({ spec: { ports: [{ port: 80, targetPort: 8080 }] } })
    const managed = envelope('v1', 'Namespace', message(1, message(17, text(1, 'tool'), message(7, text(1, '{"f:data":{}}')))))
    expect(decodeProtobuf(managed)).toMatchObject({
      metadata: { managedFields: [{ manager: 'tool', fieldsV1: { 'f:data': {} } }] },
    })
  })

  test('a map key named after a part of JavaScript is a key like any other', () => {
    const body = envelope('v1', 'ConfigMap', message(2, text(1, 'constructor'), text(2, 'x')))
    expect(Object.entries(decodeProtobuf(body).data ?? {})).toEqual([['constructor', 'x']])
  })

  test('fields of newer clients are skipped, whatever their form', () => {
    const newer = [
      ...number(900, 7),
      ...text(901, 'x'),
      ...varint(902 * 8 + 1),
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      ...varint(903 * 8 + 5),
      1,
      2,
      3,
      4,
    ]
    expect(decodeProtobuf(envelope('v1', 'Namespace', newer, message(1, text(1, 'a'))))).toMatchObject({
      metadata: { name: 'a' },
    })
  })
})

describe('refusals', () => {
  const complete = Buffer.from(capturedBodies[1]?.base64 ?? '', 'base64')

  test('the one name that is not only data is 400, as it is in JSON', () => {
    const body = envelope('v1', 'ConfigMap', message(2, text(1, '__proto__'), text(2, 'x')))
    expect(refusalOf(body)).toMatchObject({ code: 400, message: 'a field cannot be named "__proto__"' })
  })

  test('no envelope is 400', () => {
    expect(refusalOf(Buffer.from('{"kind":"Namespace"}'))).toMatchObject({ code: 400, reason: 'BadRequest' })
  })

  test('a body cut off inside the object is 400, wherever it is cut', () => {
    // The object is followed by two empty fields of two bytes.
    const afterTheObject = complete.length - 4
    for (let length = afterTheObject - 0x35; length < afterTheObject; length++) {
      expect(refusalOf(complete.subarray(0, length))).toMatchObject({ code: 400, reason: 'BadRequest' })
    }
  })

  test('a Kind without tables is 415 and tells what is accepted', () => {
    const error = refusalOf(envelope('apps/v1', 'Deployment'))
    expect(error).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' })
    expect(error.message).toBe(
      'the body of the request was in an unknown format: protobuf of kind "Deployment" in "apps/v1" - accepted media types include: application/json, application/yaml',
    )
  })

  test('a value of another form than the field has is 400', () => {
    expect(refusalOf(envelope('v1', 'Namespace', number(1, 5)))).toMatchObject({ code: 400 })
    expect(refusalOf(envelope('v1', 'Namespace', message(1, bytes(1, [0xff]))))).toMatchObject({ code: 400 })
  })

  test('a body of countless parts is 400', () => {
    const parts = Array.from({ length: 210_000 }, () => text(5, '')).flat()
    expect(refusalOf(envelope('v1', 'DeleteOptions', parts)).message).toContain('more than 200000 parts')
  })
})

test('no bytes make the decoder do anything but decode or refuse', () => {
  const decodes = (body: Uint8Array): void => {
    try {
      JSON.stringify(decodeProtobuf(body))
    } catch (error) {
      expect(error).toBeInstanceOf(StatusError)
    }
  }
  const kinds = fc.constantFrom('Namespace', 'Secret', 'Event', 'Node', 'Service', 'DeleteOptions')
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), decodes))
  fc.assert(
    fc.property(kinds, fc.uint8Array({ maxLength: 300 }), (kind, raw) => decodes(envelope('v1', kind, [...raw]))),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.constantFrom(...capturedBodies), fc.nat(), fc.nat(255), ({ base64 }, position, byte) => {
      const body = Buffer.from(base64, 'base64')
      body[position % body.length] = byte
      decodes(body)
    }),
    { numRuns: 500 },
  )
})

describe('a definition of a custom resource', () => {
  const definition = (...schema: Part[]): Uint8Array =>
    envelope('apiextensions.k8s.io/v1', 'CustomResourceDefinition', message(2, message(7, message(4, message(1, ...schema)))))
  const property = (name: string, ...schema: Part[]): Part => message(29, text(1, name), message(2, ...schema))

  function schemaIn(body: Uint8Array): unknown {
    const { spec } = decodeProtobuf(body) as unknown as { spec: { versions: { schema: { openAPIV3Schema: unknown } }[] } }
    return spec.versions[0]?.schema.openAPIV3Schema
  }

  test('holds schemas within schemas, and what may stand in their place', () => {
    const body = definition(
      text(5, 'object'),
      property('list', text(5, 'array'), message(24, message(1, text(5, 'string')))),
      property('map', message(30, message(2, text(5, 'integer')))),
      property('free', message(30, number(1, 1)), number(38, 1)),
      property('closed', message(30)),
      property('ratio', fixed(9, 0.5), message(8, text(1, '0.25')), message(20, text(1, '0.25'))),
      property('rules', text(42, 'map'), text(41, 'name'), message(44, text(1, 'self > 0'), number(6, 0))),
      message(32, text(1, 'other'), message(2, text(2, 'a'), text(2, 'b'))),
    )
    expect(schemaIn(body)).toEqual({
      type: 'object',
      dependencies: { other: ['a', 'b'] },
      properties: {
        list: { type: 'array', items: { type: 'string' } },
        map: { additionalProperties: { type: 'integer' } },
        free: { additionalProperties: true, 'x-kubernetes-preserve-unknown-fields': true },
        closed: { additionalProperties: false },
        ratio: { maximum: 0.5, default: 0.25, enum: [0.25] },
        rules: {
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          'x-kubernetes-validations': [{ rule: 'self > 0', optionalOldSelf: false }],
        },
      },
    })
  })

  test('that nests without end is 400, and so is a number that JSON cannot say', () => {
    let deep: Part = []
    for (let level = 0; level < 600; level++) deep = message(28, deep)
    expect(refusalOf(definition(deep)).message).toContain('nests deeper than 500 levels')
    expect(refusalOf(definition(fixed(9, Number.NaN))).code).toBe(400)
  })
})
