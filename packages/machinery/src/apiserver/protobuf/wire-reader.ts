// Protobuf's outermost layer: a message is a row of numbered values. Refuses what is not well-formed with 400.

import { badRequest, type StatusError } from '@sheaf/api/meta'

export type WireValue =
  | { kind: 'integer'; value: bigint }
  | { kind: 'bytes'; value: Uint8Array }
  | { kind: 'fixed'; value: Uint8Array }

export function malformed(why: string): StatusError {
  return badRequest(`the protobuf body cannot be decoded: ${why}; send it again complete, or as application/json`)
}

/** The values of a message in the order of the wire. */
export function* wireValues(bytes: Uint8Array): Generator<[number: number, value: WireValue]> {
  let offset = 0

  function readVarint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[offset++]
      if (byte === undefined) throw malformed('it ends inside a number')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw malformed('a number is longer than ten bytes')
  }

  function take(length: number): Uint8Array {
    const end = offset + length
    if (end > bytes.length) throw malformed('it ends inside a field')
    const taken = bytes.subarray(offset, end)
    offset = end
    return taken
  }

  function readValue(wireType: number): WireValue {
    switch (wireType) {
      case 0:
        return { kind: 'integer', value: readVarint() }
      case 1:
        return { kind: 'fixed', value: take(8) }
      case 2:
        return { kind: 'bytes', value: take(Number(readVarint())) }
      case 5:
        return { kind: 'fixed', value: take(4) }
      default:
        throw malformed(`wire type ${wireType} is not used by Kubernetes`)
    }
  }

  while (offset < bytes.length) {
    const tag = Number(readVarint())
    const number = Math.floor(tag / 8)
    if (number === 0) throw malformed('a field has the number 0')
    yield [number, readValue(tag % 8)]
  }
}

export function integerOf(value: WireValue): bigint {
  if (value.kind !== 'integer') throw malformed('a field that holds a number holds something else')
  return value.value
}

export function doubleOf(value: WireValue): number {
  if (value.kind !== 'fixed' || value.value.length !== 8) throw malformed('a field that holds a fraction holds something else')
  const number = Buffer.from(value.value).readDoubleLE()
  if (!Number.isFinite(number)) throw malformed('a number is none that JSON can say')
  return number
}

export function bytesOf(value: WireValue): Uint8Array {
  if (value.kind !== 'bytes') throw malformed('a field that holds bytes holds something else')
  return value.value
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function textOf(value: WireValue): string {
  const bytes = bytesOf(value)
  try {
    return utf8.decode(bytes)
  } catch {
    throw malformed('a text is not UTF-8')
  }
}
