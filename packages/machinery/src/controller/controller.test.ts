import { setImmediate as nextTurn } from 'node:timers/promises'
import { conflict, keyText, type ObjectKey, StatusError } from '@sheaf/api/meta'
import { expect, test } from 'vitest'
import { collectingLog } from './collecting-log.fixture.ts'
import { type Controller, startController } from './controller.ts'
import { startInformer } from './informer.ts'
import { createManualClock } from './manual-clock.ts'
import { after, again, done, type Reconcile } from './reconcile.ts'
import { createSeededRandom } from './seeded-random.ts'
import { outsideChanges, ownedObjects, ownObjects, type Source } from './source.ts'
import { createWidgetServer, type Widget, widgets } from './widget-server.fixture.ts'

const a: ObjectKey = { namespace: 'default', name: 'a' }

function control(reconcile: Reconcile, sources: Source[] = [], workers = 1) {
  const clock = createManualClock()
  const log = collectingLog()
  const random = createSeededRandom(1)
  const controller = startController({ name: 'widget', reconcile, sources, workers, clock, random, log })
  return { controller, clock, log }
}

async function passes(controller: Controller, count: number): Promise<void> {
  for (let turn = 0; turn < 1000 && controller.snapshot().passes < count; turn++) await nextTurn()
  expect(controller.snapshot().passes).toBe(count)
  await controller.whenIdle()
}

test('work begins when the sources are known, and every object is looked at', async () => {
  const server = createWidgetServer()
  server.put('a', 1)
  server.put('b', 1)
  const clock = createManualClock()
  const log = collectingLog()
  const informer = startInformer<Widget>({ client: server.client, resource: widgets, clock, random: createSeededRandom(1), log })
  const seen: (number | undefined)[] = []
  const { controller } = control(
    (key) => {
      seen.push(informer.get(key)?.spec.size)
      return Promise.resolve(done)
    },
    [ownObjects(informer)],
  )
  await controller.whenIdle()
  expect(seen).toEqual([1, 1])
  server.put('b', 2)
  await passes(controller, 3)
  expect(seen).toEqual([1, 1, 2])
  await controller.stop()
  informer.stop()
  expect(log.lines).toEqual([])
})

test('an owned object brings its owner, before and after it changes hands, and nobody of another Kind', async () => {
  const server = createWidgetServer()
  const informer = startInformer<Widget>({
    client: server.client,
    resource: widgets,
    clock: createManualClock(),
    random: createSeededRandom(1),
    log: collectingLog(),
  })
  const keys: string[] = []
  ownedObjects(informer, { group: 'test.sheaf', kind: 'Gadget' }).start((key) => keys.push(keyText(key)))
  await informer.whenSynced()
  const owned = (name: string, revision: string, apiVersion = 'test.sheaf/v1'): Widget => ({
    apiVersion: 'test.sheaf/v1',
    kind: 'Widget',
    metadata: {
      name: 'w',
      namespace: 'default',
      uid: 'u',
      resourceVersion: revision,
      ownerReferences: [{ apiVersion, kind: 'Gadget', name, uid: name, controller: true }],
    },
    spec: { size: 1 },
  })
  const frames = [
    { type: 'ADDED', object: owned('g1', '10') },
    { type: 'MODIFIED', object: owned('g2', '11') },
    { type: 'MODIFIED', object: owned('other', '12', 'elsewhere/v1') },
  ]
  let answered = false
  server.meddle = () => {
    if (answered) return undefined
    answered = true
    return { status: 200, headers: {}, body: `${frames.map((frame) => JSON.stringify(frame)).join('\n')}\n` }
  }
  server.cut('end')
  for (let turn = 0; turn < 1000 && keys.length < 4; turn++) await nextTurn()
  expect(keys).toEqual(['default/g1', 'default/g1', 'default/g2', 'default/g2'])
  informer.stop()
})

test('a change of the outside world brings its key', async () => {
  const seen: string[] = []
  let tell: (key: ObjectKey) => void = () => undefined
  const world = outsideChanges((enqueue) => {
    tell = enqueue
    return () => {
      tell = () => undefined
    }
  })
  const { controller } = control(
    (key) => {
      seen.push(keyText(key))
      return Promise.resolve(done)
    },
    [world],
  )
  tell(a)
  await passes(controller, 1)
  await controller.stop()
  tell(a)
  expect(seen).toEqual(['default/a'])
})

test('`again` looks at once, `after` looks after its time', async () => {
  const results = [again, after(5000), done]
  const { controller, clock } = control(() => Promise.resolve(results.shift() ?? done))
  controller.enqueue(a)
  await passes(controller, 2)
  clock.advance(4999)
  await passes(controller, 2)
  clock.advance(1)
  await passes(controller, 3)
  await controller.stop()
})

test('trouble is logged once with its causes and tried again until it is over', async () => {
  let trouble: Error | undefined = new Error('start a', { cause: new Error('connect qmp', { cause: new Error('ECONNREFUSED') }) })
  const { controller, clock, log } = control(() => (trouble === undefined ? Promise.resolve(done) : Promise.reject(trouble)))
  controller.enqueue(a)
  for (let count = 1; count <= 5; count++) {
    await passes(controller, count)
    clock.advance(60_000)
  }
  expect(log.lines).toEqual(['warn: reconcile failed; it will be tried again: start a: connect qmp: ECONNREFUSED'])
  expect(controller.snapshot().errors).toEqual({ 'default/a': 'start a: connect qmp: ECONNREFUSED' })
  trouble = undefined
  await passes(controller, 6)
  clock.advance(60_000)
  await passes(controller, 6)
  expect(controller.snapshot().errors).toEqual({})
  await controller.stop()
})

test('a lost race and a server that asks to wait are retried without a word', async () => {
  const definition = { group: 'test.sheaf', plural: 'widgets', kind: 'Widget' }
  const troubles = [
    conflict(definition, 'a', 'modified'),
    new StatusError(429, 'TooManyRequests', 'writes are held', { retryAfterSeconds: 7 }),
  ]
  const { controller, clock, log } = control(() => {
    const trouble = troubles.shift()
    return trouble === undefined ? Promise.resolve(done) : Promise.reject(trouble)
  })
  controller.enqueue(a)
  await passes(controller, 1)
  clock.advance(50)
  await passes(controller, 2)
  clock.advance(6999)
  await passes(controller, 2)
  clock.advance(1)
  await passes(controller, 3)
  expect(log.lines).toEqual([])
  await controller.stop()
})

test('a reconciler that never settles is slowed down and named', async () => {
  const { controller, log } = control(() => Promise.resolve(again))
  controller.enqueue(a)
  await passes(controller, 101)
  expect(log.lines).toEqual(['warn: reconcile failed; it will be tried again: took 100 steps in a row and wants yet another'])
  await controller.stop()
})

test('one key has one pass at a time, different keys have as many as there are workers', async () => {
  let running = 0
  let most = 0
  const open: (() => void)[] = []
  const busy = new Set<string>()
  const { controller } = control(
    async (key) => {
      expect(busy.has(key.name)).toBe(false)
      busy.add(key.name)
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => open.push(resolve))
      running--
      busy.delete(key.name)
      return done
    },
    [],
    2,
  )
  for (const name of ['a', 'b', 'c', 'd']) {
    controller.enqueue({ namespace: '', name })
    controller.enqueue({ namespace: '', name })
  }
  for (let turn = 0; turn < 1000 && controller.snapshot().passes < 4; turn++) {
    await nextTurn()
    for (const name of ['a', 'b', 'c', 'd']) if (busy.has(name)) controller.enqueue({ namespace: '', name })
    open.shift()?.()
  }
  expect(most).toBe(2)
  const stopped = controller.stop()
  for (const resolve of open) resolve()
  await stopped
})

test('stop waits for the pass under way and begins no other', async () => {
  let release = (): void => undefined
  const { controller } = control(async () => {
    await new Promise<void>((resolve) => {
      release = resolve
    })
    return done
  })
  controller.enqueue(a)
  controller.enqueue({ namespace: 'default', name: 'b' })
  for (let turn = 0; turn < 1000 && controller.snapshot().passes < 1; turn++) await nextTurn()
  let isStopped = false
  const stopped = controller.stop().then(() => {
    isStopped = true
  })
  await nextTurn()
  expect(isStopped).toBe(false)
  release()
  await stopped
  expect(controller.snapshot().passes).toBe(1)
})
