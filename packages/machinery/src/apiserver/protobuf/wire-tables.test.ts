import { expect, test } from 'vitest'
import { messages } from './wire-notation.ts'
import { wireKinds } from './wire-tables.ts'

const simple = new Set(['s', 'i', 'b', 'B', 'Time', 'MicroTime', 'Quantity', 'IntOrString', 'RawJson'])

function messagesIn(name: string): string[] {
  const message = messages.get(name)
  if (message === undefined) throw new Error(`no table of ${name}`)
  return [...message.values()].map(({ type }) => type).filter((type) => !simple.has(type))
}

test('every message that a table names has a table, and none contains itself', () => {
  const visit = (name: string, around: readonly string[]): void => {
    expect(around).not.toContain(name)
    for (const inner of messagesIn(name)) visit(inner, [...around, name])
  }
  for (const name of [...Object.values(wireKinds), 'DeleteOptions']) visit(name, [])
})

test('no table is there for nothing', () => {
  const used = new Set([...Object.values(wireKinds), 'DeleteOptions'])
  for (const name of used) for (const inner of messagesIn(name)) used.add(inner)
  expect([...messages.keys()].filter((name) => !used.has(name))).toEqual([])
})
