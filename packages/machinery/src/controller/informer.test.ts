import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { collectingLog } from './collecting-log.fixture.ts'
import { type Informer, type InformerOptions, startInformer } from './informer.ts'
import type { Change } from './informer-cache.ts'
import { createManualClock } from './manual-clock.ts'
import { createSeededRandom } from './seeded-random.ts'
import { createWidgetServer, statusAnswer, type Widget, type WidgetServer, widgets } from './widget-server.fixture.ts'

const clock = createManualClock()
const started: Informer<Widget>[] = []
afterEach(() => {
  for (const informer of started.splice(0)) informer.stop()
})

/** Lets everybody move on, time included, until the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (condition()) return
    await nextTurn()
    clock.advance(50)
  }
  throw new Error('the condition never came true')
}

function follow(server: WidgetServer, more: Partial<InformerOptions<Widget>> = {}) {
  const log = collectingLog()
  const options = { client: server.client, resource: widgets, clock, random: createSeededRandom(7), log, ...more }
  const informer = startInformer<Widget>(options)
  started.push(informer)
  const changes: string[] = []
  informer.onChange((change) => changes.push(told(change)))
  return { informer, changes, log }
}

function told({ key, before, after }: Change<Widget>): string {
  return `${key.name} ${before?.spec.size ?? '-'}→${after?.spec.size ?? '-'}`
}

function isEqual(informer: Informer<Widget>, server: WidgetServer): boolean {
  const seen = new Map(informer.list().map((widget) => [widget.metadata.name, widget.metadata.resourceVersion]))
  const state = server.state()
  return seen.size === state.size && [...state].every(([name, widget]) => seen.get(name) === widget.metadata.resourceVersion)
}

test('what was there before and what changes later arrives once and in order', async () => {
  const server = createWidgetServer()
  server.put('a', 1)
  const { informer, changes, log } = follow(server)
  await informer.whenSynced()
  await until(() => server.watches === 1)
  server.put('a', 2)
  server.put('b', 1)
  server.remove('a')
  await until(() => isEqual(informer, server))
  expect(changes).toEqual(['a -→1', 'a 1→2', 'b -→1', 'a 2→-'])
  expect(informer.get({ namespace: 'default', name: 'b' })?.spec.size).toBe(1)
  expect(informer.list('elsewhere')).toEqual([])
  expect(log.lines).toEqual([])
})

test('a listener that comes late is told of all there is', async () => {
  const server = createWidgetServer()
  server.put('a', 1)
  const { informer } = follow(server)
  await informer.whenSynced()
  const late: string[] = []
  informer.onChange((change) => late.push(told(change)))
  expect(late).toEqual(['a -→1'])
})

test('a listener that throws does not keep the news from the others', async () => {
  const server = createWidgetServer()
  const { informer, log } = follow(server)
  informer.onChange(() => {
    throw new Error('a bug')
  })
  const others: string[] = []
  informer.onChange((change) => others.push(told(change)))
  await until(() => server.watches === 1)
  server.put('a', 1)
  await until(() => others.length === 1)
  expect(log.lines).toEqual(['error: a listener of an informer failed: a bug'])
})

test('a watch that ends goes on from the last event, without a new list', async () => {
  const server = createWidgetServer()
  const { informer, changes } = follow(server)
  for (const how of ['end', 'reset', 'end'] as const) {
    await until(() => server.watches === 1)
    server.put('a', changes.length)
    await until(() => isEqual(informer, server))
    server.cut(how)
    server.put('b', changes.length)
    await until(() => isEqual(informer, server))
  }
  expect(server.requests.filter((request) => !request.includes('watch=true'))).toHaveLength(1)
})

test('a bookmark moves the place from which a cut watch goes on', async () => {
  const server = createWidgetServer()
  const { informer } = follow(server)
  await informer.whenSynced()
  await until(() => server.watches === 1)
  server.forgetHistory()
  server.bookmark()
  server.cut('reset')
  server.put('a', 1)
  await until(() => isEqual(informer, server))
  expect(server.requests.filter((request) => !request.includes('watch=true'))).toHaveLength(1)
})

test('after 410 the collection is listed anew, and what went unseen is told: ends, changes and successors', async () => {
  const server = createWidgetServer()
  for (const name of ['gone', 'changed', 'kept', 'replaced']) server.put(name, 1)
  const { informer, changes } = follow(server)
  await until(() => server.watches === 1)
  server.cut('end')
  server.remove('gone')
  server.put('changed', 2)
  server.remove('replaced')
  server.put('replaced', 3)
  server.put('new', 1)
  server.forgetHistory()
  changes.length = 0
  await until(() => isEqual(informer, server))
  expect(changes.toSorted()).toEqual(['changed 1→2', 'gone 1→-', 'new -→1', 'replaced -→3', 'replaced 1→-'])
})

test('an ERROR frame inside a watch counts like the same refusal before it', async () => {
  const server = createWidgetServer()
  const { informer } = follow(server)
  await until(() => server.watches === 1)
  const expired = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'too old', reason: 'Expired', code: 410 }
  let answered = false
  server.meddle = (request) => {
    if (answered || !request.path.includes('watch=true')) return undefined
    answered = true
    return { status: 200, headers: {}, body: `${JSON.stringify({ type: 'ERROR', object: expired })}\n` }
  }
  server.cut('end')
  server.put('a', 1)
  await until(() => answered && isEqual(informer, server))
  expect(server.requests.filter((request) => !request.includes('watch=true'))).toHaveLength(2)
})

test('events that are told twice change nothing', async () => {
  const server = createWidgetServer()
  const { informer, changes } = follow(server)
  await until(() => server.watches === 1)
  server.put('a', 1)
  server.put('a', 2)
  server.put('b', 1)
  server.remove('b')
  server.repeat(4)
  server.put('c', 1)
  await until(() => isEqual(informer, server))
  expect(changes).toEqual(['a -→1', 'a 1→2', 'b -→1', 'b 1→-', 'c -→1'])
})

test('a server that is away is asked less and less often, is told of once in the log, and is followed when it is back', async () => {
  const server = createWidgetServer()
  server.meddle = () => {
    throw new Error('connection refused')
  }
  const { informer, log } = follow(server)
  const startedMs = clock.now()
  await until(() => clock.now() - startedMs > 300_000)
  expect(server.requests.length).toBeGreaterThan(10)
  expect(server.requests.length).toBeLessThan(30)
  expect(log.lines).toEqual(['warn: cannot follow a resource; trying until it works: connection refused'])
  server.meddle = () => undefined
  server.put('a', 1)
  await until(() => isEqual(informer, server))
})

test('answers of 500, 429 and nonsense are all survived', async () => {
  const server = createWidgetServer()
  const answers = [
    statusAnswer(500, 'InternalError'),
    statusAnswer(429, 'TooManyRequests'),
    { status: 200, headers: {}, body: '<html>' },
    { status: 502, headers: {}, body: 'bad gateway' },
  ]
  server.meddle = () => answers.shift()
  const { informer } = follow(server)
  server.put('a', 1)
  await until(() => isEqual(informer, server))
  expect(answers).toEqual([])
})

test('a watch whose peer says nothing at all, not even at its end, is given up', async () => {
  const server = createWidgetServer()
  const { informer } = follow(server)
  await until(() => server.watches === 1)
  const silent = server.requests.length
  clock.advance(11 * 60_000)
  await until(() => server.requests.length > silent)
  server.put('a', 1)
  await until(() => isEqual(informer, server))
})

test('a list in pages is complete, also when its snapshot expires between two pages', async () => {
  const server = createWidgetServer()
  for (let n = 0; n < 25; n++) server.put(`w${n}`, n)
  const paged = follow(server, { pageSize: 10 })
  await paged.informer.whenSynced()
  expect(paged.informer.list()).toHaveLength(25)
  expect(server.requests.filter((request) => request.includes('limit=10'))).toHaveLength(3)

  server.meddle = (request) => (request.path.includes('continue=20') ? statusAnswer(410, 'Expired') : undefined)
  const expired = follow(server, { pageSize: 10 })
  await expired.informer.whenSynced()
  expect(expired.informer.list()).toHaveLength(25)
})

test('only what `keep` keeps is remembered', async () => {
  const server = createWidgetServer()
  server.put('a', 1)
  const { informer } = follow(server, {
    keep: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata, spec: { size: 0 } }),
  })
  await informer.whenSynced()
  expect(informer.list().map((widget) => widget.spec.size)).toEqual([0])
})

test('a stopped informer closes its watch, tells nothing more and leaves no timer', async () => {
  const quiet = createManualClock()
  const server = createWidgetServer()
  const { informer, changes } = follow(server, { clock: quiet })
  await until(() => server.watches === 1)
  informer.stop()
  server.put('a', 1)
  await until(() => server.watches === 0 && quiet.waiting === 0)
  expect(changes).toEqual([])
})

test.each([1, 2, 3])('after 10,000 events over a hostile line the copy equals the server (seed %i)', async (seed) => {
  const random = createSeededRandom(seed)
  const server = createWidgetServer()
  const encoder = new TextEncoder()
  const chance = (oneIn: number): boolean => random.below(oneIn) === 0
  server.pieces = (frame) => {
    const bytes = encoder.encode(frame)
    const middle = random.below(bytes.length)
    return chance(2) ? [bytes.slice(0, middle), bytes.slice(middle)] : [frame]
  }
  server.meddle = () => {
    if (chance(20)) throw new Error('connection reset')
    if (chance(20)) return statusAnswer(500, 'InternalError')
    return chance(30) ? statusAnswer(410, 'Expired') : undefined
  }
  const { informer } = follow(server, { random, pageSize: 20 })
  // What a listener believes from changes alone must be right too.
  const believed = new Map<string, Widget>()
  informer.onChange(({ key, before, after }) => {
    expect(believed.get(key.name)).toBe(before)
    if (after === undefined) believed.delete(key.name)
    else believed.set(key.name, after)
  })
  for (let event = 0; event < 10_000; event++) {
    const name = `ü${random.below(50)}`
    if (chance(4)) server.remove(name)
    else server.put(name, event)
    if (chance(200)) server.cut(chance(2) ? 'end' : 'reset')
    if (chance(100)) server.repeat(1 + random.below(20))
    if (chance(300)) server.forgetHistory()
    if (chance(50)) server.bookmark()
    if (chance(10)) await nextTurn()
    if (chance(50)) clock.advance(random.below(2000))
  }
  await until(() => isEqual(informer, server))
  expect(believed.size).toBe(server.state().size)
})
