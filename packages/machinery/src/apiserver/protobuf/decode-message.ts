// One message of the wire tables becomes its JSON form.

import type { Json, JsonObject } from '@sheaf/api/meta'
import { checkFieldName } from '../body-limits.ts'
import { messages, type WireMessage } from './wire-notation.ts'
import { bytesOf, doubleOf, integerOf, malformed, textOf, type WireValue, wireValues } from './wire-reader.ts'

/**
 * A part of two bytes becomes an object fifty times that size; the largest real objects have some ten thousand parts, and
 * this many cost no more than a body of the allowed size in JSON.
 */
const maxParts = 200_000

/** Schemas contain schemas. As deep as a body in JSON may nest. */
const maxDepth = 500

/** `parts` counts down over the whole object, `depth` on the way to where it is read. */
interface Budget {
  parts: number
  depth: number
}

export function decodeMessage(
  message: WireMessage,
  bytes: Uint8Array,
  budget: Budget = { parts: maxParts, depth: maxDepth },
): JsonObject {
  const fields = new Map<string, Json>()
  const maps = new Map<string, Map<string, Json>>()
  for (const [number, wire] of wireValues(bytes)) {
    const field = message.get(number)
    if (field === undefined) continue
    if (budget.parts-- === 0) throw malformed(`it has more than ${maxParts} parts`)
    const before = fields.get(field.name)
    if (field.shape === 'map') {
      const [key, item] = decodeMapEntry(field.type, bytesOf(wire), budget)
      maps.set(field.name, (maps.get(field.name) ?? new Map<string, Json>()).set(key, item))
    } else if (field.shape === 'single') {
      const value = decodeValue(field.type, wire, budget)
      if (field.isInline) for (const [name, inner] of Object.entries(value as JsonObject)) fields.set(name, inner ?? null)
      else if (field.zero === 'kept' || !isZero(value)) fields.set(field.name, value)
    } else if (Array.isArray(before)) before.push(decodeValue(field.type, wire, budget))
    else fields.set(field.name, [decodeValue(field.type, wire, budget)])
  }
  for (const [name, entries] of maps) fields.set(name, Object.fromEntries(entries))
  return Object.fromEntries(fields)
}

/** Go writes fields that were never set with these values. */
function isZero(value: Json): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return !value
}

function decodeMapEntry(type: string, bytes: Uint8Array, budget: Budget): [key: string, item: Json] {
  let key = ''
  let item: Json = type === 's' || type === 'B' ? '' : {}
  for (const [number, wire] of wireValues(bytes)) {
    if (number === 1) key = textOf(wire)
    if (number === 2) item = decodeValue(type, wire, budget)
  }
  checkFieldName(key)
  return [key, item]
}

function decodeValue(type: string, wire: WireValue, budget: Budget): Json {
  switch (type) {
    case 's':
      return textOf(wire)
    case 'i':
      return Number(BigInt.asIntN(64, integerOf(wire)))
    case 'b':
      return integerOf(wire) !== 0n
    case 'B':
      return Buffer.from(bytesOf(wire)).toString('base64')
    case 'Time':
      return decodeTime(bytesOf(wire), 'seconds')
    case 'MicroTime':
      return decodeTime(bytesOf(wire), 'microseconds')
    case 'Quantity':
      return onlyText(bytesOf(wire)) || '0'
    case 'IntOrString':
      return decodeIntOrString(bytesOf(wire))
    case 'RawJson':
      return decodeRawJson(onlyText(bytesOf(wire)))
    case 'd':
      return doubleOf(wire)
    case 'SchemaOrBool':
    case 'SchemaOrArray':
    case 'SchemaOrTexts':
      return decodeSchemaOr(type, bytesOf(wire), budget)
    default:
      return decodeInner(type, bytesOf(wire), budget)
  }
}

function decodeInner(type: string, bytes: Uint8Array, budget: Budget): JsonObject {
  if (budget.depth === 0) throw malformed(`it nests deeper than ${maxDepth} levels`)
  budget.depth -= 1
  const object = decodeMessage(messageNamed(type), bytes, budget)
  budget.depth += 1
  return object
}

/** A schema, or what else may stand in its place: a flag, a list of schemas, a list of names. */
function decodeSchemaOr(type: 'SchemaOrBool' | 'SchemaOrArray' | 'SchemaOrTexts', bytes: Uint8Array, budget: Budget): Json {
  const schemaNumber = type === 'SchemaOrBool' ? 2 : 1
  let schema: Json | undefined
  let flag = false
  const list: Json[] = []
  for (const [number, wire] of wireValues(bytes)) {
    if (budget.parts-- === 0) throw malformed(`it has more than ${maxParts} parts`)
    if (number === schemaNumber) schema = decodeInner('JSONSchemaProps', bytesOf(wire), budget)
    else if (type === 'SchemaOrBool') flag = integerOf(wire) !== 0n
    else list.push(type === 'SchemaOrArray' ? decodeInner('JSONSchemaProps', bytesOf(wire), budget) : textOf(wire))
  }
  return schema ?? (type === 'SchemaOrBool' ? flag : list)
}

function messageNamed(type: string): WireMessage {
  const message = messages.get(type)
  if (message === undefined) throw new Error(`the wire tables name no message ${type}`)
  return message
}

/** RFC 3339 has four digits for the year. */
const earliestSeconds = -62_135_596_800
const latestSeconds = 253_402_300_799

/** `null` for the time that was never set, which is empty on the wire. */
function decodeTime(bytes: Uint8Array, precision: 'seconds' | 'microseconds'): string | null {
  let seconds = 0
  let nanos = 0
  for (const [number, wire] of wireValues(bytes)) {
    if (number === 1) seconds = Number(BigInt.asIntN(64, integerOf(wire)))
    if (number === 2) nanos = Number(BigInt.asIntN(32, integerOf(wire)))
  }
  if (seconds === 0 && nanos === 0) return null
  if (seconds < earliestSeconds || seconds > latestSeconds) throw malformed('a time is outside the years 1 to 9999')
  if (nanos < 0 || nanos >= 1e9) throw malformed('a time has more nanoseconds than a second')
  const date = new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length)
  const fraction = Math.floor(nanos / 1000)
  return precision === 'seconds' ? `${date}Z` : `${date}.${String(fraction).padStart(6, '0')}Z`
}

/** Of a message with one field of text. */
function onlyText(bytes: Uint8Array): string {
  let text = ''
  for (const [number, wire] of wireValues(bytes)) if (number === 1) text = textOf(wire)
  return text
}

function decodeIntOrString(bytes: Uint8Array): number | string {
  let isText = false
  let number = 0
  let text = ''
  for (const [field, wire] of wireValues(bytes)) {
    if (field === 1) isText = integerOf(wire) !== 0n
    if (field === 2) number = Number(BigInt.asIntN(32, integerOf(wire)))
    if (field === 3) text = textOf(wire)
  }
  return isText ? text : number
}

/** Absent raw JSON is null, as in Go. */
function decodeRawJson(text: string): Json {
  if (text === '') return null
  try {
    return JSON.parse(text) as Json
  } catch {
    throw malformed('JSON inside it is incomplete')
  }
}
