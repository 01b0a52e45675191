import type { ObjectKey } from '@sheaf/api/meta'
import { expect, test } from 'vitest'
import { createManualClock } from './manual-clock.ts'
import { createSeededRandom } from './seeded-random.ts'
import { createWorkQueue } from './work-queue.ts'

const key = (name: string): ObjectKey => ({ namespace: 'default', name })

function queueOn(clock = createManualClock()) {
  return { clock, queue: createWorkQueue({ clock, random: createSeededRandom(1) }) }
}

test('keys come out in the order they went in, each once', async () => {
  const { queue } = queueOn()
  for (const name of ['a', 'b', 'a', 'c', 'b']) queue.add(key(name))
  expect(queue.depth).toBe(3)
  expect([await queue.next(), await queue.next(), await queue.next()]).toEqual([key('a'), key('b'), key('c')])
  expect(queue.depth).toBe(0)
})

test('a key is never with two workers, and comes back if it was added while a worker had it', async () => {
  const { queue } = queueOn()
  queue.add(key('a'))
  await queue.next()
  queue.add(key('a'))
  let second: ObjectKey | undefined
  const waiting = queue.next().then((next) => {
    second = next
  })
  await Promise.resolve()
  expect(second).toBeUndefined()
  queue.finish(key('a'))
  await waiting
  expect(second).toEqual(key('a'))
})

test('a delayed key waits for its time; the earlier of two delays holds; adding it overtakes both', async () => {
  const { clock, queue } = queueOn()
  queue.addAfter(key('a'), 1000)
  queue.addAfter(key('a'), 500)
  queue.addAfter(key('a'), 2000)
  clock.advance(499)
  expect(queue.depth).toBe(0)
  clock.advance(1)
  expect(queue.depth).toBe(1)
  queue.addAfter(key('b'), 1000)
  queue.add(key('b'))
  expect(queue.depth).toBe(2)
  expect(clock.waiting).toBe(0)
})

test('a failing key comes back later each time, up to a minute, and at once again after a success', async () => {
  const { clock, queue } = queueOn()
  const delays: number[] = []
  queue.add(key('a'))
  for (let failure = 0; failure < 14; failure++) {
    await queue.next()
    queue.retry(key('a'))
    delays.push(clock.nextInMs ?? 0)
    clock.advance(60_000)
  }
  expect(delays[0]).toBeLessThanOrEqual(50)
  expect(delays.slice(0, 10)).toEqual(delays.slice(0, 10).toSorted((a, b) => a - b))
  expect(Math.max(...delays)).toBeLessThanOrEqual(60_000)
  expect(delays.at(-1)).toBeGreaterThanOrEqual(45_000)

  await queue.next()
  queue.finish(key('a'))
  queue.add(key('a'))
  await queue.next()
  queue.retry(key('a'))
  expect(clock.nextInMs).toBeLessThanOrEqual(50)
})

test('what a failing pass changed itself does not bring its key back at once', async () => {
  const { clock, queue } = queueOn()
  queue.add(key('a'))
  await queue.next()
  queue.add(key('a'))
  queue.retry(key('a'))
  expect(queue.depth).toBe(0)
  clock.advance(50)
  expect(queue.depth).toBe(1)
})

test('a server that asks to wait is not asked before', async () => {
  const { clock, queue } = queueOn()
  queue.add(key('a'))
  await queue.next()
  queue.retry(key('a'), 5000)
  expect(clock.nextInMs).toBe(5000)
})

test('the queue is idle when nothing waits and nobody works, delayed keys aside', async () => {
  const { queue } = queueOn()
  queue.addAfter(key('later'), 1000)
  await queue.whenIdle()
  queue.add(key('a'))
  await queue.next()
  let isIdle = false
  const idle = queue.whenIdle().then(() => {
    isIdle = true
  })
  await Promise.resolve()
  expect(isIdle).toBe(false)
  queue.finish(key('a'))
  await idle
  expect(isIdle).toBe(true)
})

test('a closed queue sends its workers home and leaves no timer', async () => {
  const { clock, queue } = queueOn()
  const worker = queue.next()
  queue.addAfter(key('a'), 1000)
  queue.close()
  queue.add(key('b'))
  expect(await worker).toBeUndefined()
  expect(await queue.next()).toBeUndefined()
  expect(clock.waiting).toBe(0)
})
