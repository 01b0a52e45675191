import { expect, test } from 'vitest'
import { messages } from './wire-notation.ts'
import { wireKinds } from './wire-tables.ts'

const simple = new Set(['s', 'i', 'b', 'd', 'B', 'Time', 'MicroTime', 'Quantity', 'IntOrString', 'RawJson'])
const schemas = new Set(['SchemaOrBool', 'SchemaOrArray', 'SchemaOrTexts'])

function messagesIn(name: string): string[] {
  const message = messages.get(name)
  if (message === undefined) throw new Error(`no table of ${name}`)
  const types = [...message.values()].map(({ type }) => (schemas.has(type) ? 'JSONSchemaProps' : type))
  return types.filter((type) => !simple.has(type))
}

test('every message that a table names has a table, and every table is of use', () => {
  const used = new Set([...Object.values(wireKinds), 'DeleteOptions'])
  for (const name of used) for (const inner of messagesIn(name)) used.add(inner)
  expect([...messages.keys()].filter((name) => !used.has(name))).toEqual([])
})
