// Turns the notation of the wire tables into fields that a decoder can look up by number.

import { type WireTables, wireMessages } from './wire-tables.ts'

export interface WireField {
  name: string
  /** `s`, `i`, `b`, `d`, `B`, a special type or the name of a message. */
  type: string
  shape: 'single' | 'list' | 'map'
  /** What a zero value on the wire means. */
  zero: 'absent' | 'kept'
  /** In the JSON form its fields are those of the message around it. */
  isInline: boolean
}

export type WireMessage = ReadonlyMap<number, WireField>

const entry = /^(\d+) ([\w$-]+)([*!^]?)(?::(.+))?$/

function parseField(text: string): [number, WireField] {
  const [, number, name, mark, written = 's'] = entry.exec(text) ?? []
  if (number === undefined || name === undefined) throw new Error(`no wire field: ${text}`)
  const shape = written.startsWith('[') ? 'list' : written.startsWith('{') ? 'map' : 'single'
  const type = shape === 'single' ? written : written.slice(1, -1)
  return [Number(number), { name, type, shape, zero: mark === '' ? 'absent' : 'kept', isInline: mark === '^' }]
}

function parseTables(tables: WireTables): ReadonlyMap<string, WireMessage> {
  const parse = (text: string): WireMessage => new Map(text === '' ? [] : text.split(/,\s+/).map(parseField))
  return new Map(Object.entries(tables).map(([message, text]) => [message, parse(text)]))
}

export const messages = parseTables(wireMessages)
