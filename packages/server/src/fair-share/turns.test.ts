import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

const limits = { seats: 3, seatsOfOneFlow: 2, waiting: 4, waitingBytes: 100 }

/** Takes turns by name and keeps in which order they came. */
function desk() {
  const turns = createTurns(limits)
  const served: string[] = []
  const seats = new Map<string, () => void>()
  const ask = (name: string, options: { bytes?: number; isPatient?: boolean; signal?: AbortSignal } = {}): boolean => {
    const turn = turns.take({ flow: name[0] ?? '', bytes: 1, ...options })
    if (turn === undefined) return false
    void Promise.resolve(turn).then((giveBack) => {
      served.push(name)
      seats.set(name, giveBack)
    })
    return true
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { turns, served, ask, settle, end: (name: string) => seats.get(name)?.() }
}

test('RG60 one flow never holds all seats, and those who wait are served in turn, each flow in its own order', async () => {
  const { served, ask, settle, end } = desk()
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) ask(name)
  await settle()
  expect(served).toEqual(['a1', 'a2'])
  ask('b1')
  await settle()
  expect(served.at(-1)).toBe('b1')
  ask('b2')
  ask('c1')
  for (const name of ['a1', 'a2', 'b1']) end(name)
  await settle()
  expect(served.slice(3)).toEqual(['a3', 'b2', 'c1'])
})

test('RG61 of one flow so many wait, and so much; more is refused, and nobody else is', async () => {
  const { turns, ask, settle } = desk()
  for (let number = 0; number < 6; number++) expect(ask(`a${number}`)).toBe(true)
  expect(ask('a6')).toBe(false)
  expect(ask('a7', { isPatient: true })).toBe(true)
  expect(turns.waiting).toBe(5)
  expect(ask('b0')).toBe(true)
  ask('b1')
  ask('b2')
  expect(ask('b3', { bytes: 100 })).toBe(false)
  await settle()
})

test('RG62 one that goes away while it waits leaves its place', async () => {
  const { turns, served, ask, settle, end } = desk()
  const gone = new AbortController()
  for (const name of ['a1', 'a2']) ask(name)
  ask('a3', { signal: gone.signal })
  ask('a4')
  gone.abort()
  await settle()
  expect(turns.waiting).toBe(1)
  end('a1')
  await settle()
  expect(served).toEqual(['a1', 'a2', 'a3', 'a4'])
  end('a3')
  end('a1')
  ask('a5')
  await settle()
  expect(served).not.toContain('a5')
})
