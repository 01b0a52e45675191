import { type ApiRequest, type ApiResponse, bodyText } from '@sheaf/api/client'
import { expect, test } from 'vitest'
import { createFairShare, fairLimits } from './fair-share.ts'

const masters = ['system:masters']
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Answers each request when `answerOne` says so; `served` tells by which program it was sent. */
function slowServer() {
  const served: string[] = []
  const open: (() => void)[] = []
  const refused: string[] = []
  const fair = createFairShare({ refusedForHaste: ({ username }) => refused.push(username) })
  const guarded = fair.guard({
    handle: ({ headers }) =>
      new Promise<ApiResponse>((resolve) => {
        served.push(headers['user-agent'] ?? '')
        open.push(() => resolve({ status: 200, headers: {}, body: '' }))
      }),
    connect: () => Promise.reject(new Error('no stream here')),
  })
  const ask = (agent: string, more: { path?: string; username?: string; groups?: string[] } = {}) => {
    const { path = '/api/v1/namespaces', username = 'admin', groups = masters } = more
    const request: ApiRequest = { method: 'GET', path, headers: { 'user-agent': agent } }
    return guarded.handle(request, { username, groups })
  }
  return { served, open, refused, ask }
}

test('RG60 a program that asks for a thousand lists keeps nobody waiting but itself', async () => {
  const { served, open, ask } = slowServer()
  for (let number = 0; number < fairLimits.seats + 400; number++) void ask('script/1.0')
  await settle()
  expect(served).toHaveLength(fairLimits.seatsOfOneFlow)
  void ask('kubectl/v1.32.5 (linux/amd64)')
  await settle()
  expect(served.at(-1)).toMatch(/^kubectl/)
  open[0]?.()
  await settle()
  expect(served.at(-1)).toBe('script/1.0')
})

test('RG61 what is too much is told to come again, with a reason', async () => {
  const { refused, ask } = slowServer()
  const many = fairLimits.seatsOfOneFlow + fairLimits.waiting
  for (let number = 0; number < many; number++) void ask('script/1.0')
  const { status, headers, body } = await ask('script/1.0')
  expect([status, headers['retry-after'], refused]).toEqual([429, '1', ['admin']])
  expect(JSON.parse(await bodyText(body))).toMatchObject({
    kind: 'Status',
    reason: 'TooManyRequests',
    message: expect.stringContaining('as many of admin wait as may wait of one'),
    details: { retryAfterSeconds: 1 },
  })
})

test('RG63 only who may do everything is told apart by program; a header makes nobody else a new flow', async () => {
  const { served, ask } = slowServer()
  const eve = { username: 'eve', groups: [] }
  for (let number = 0; number < 2 * fairLimits.seatsOfOneFlow; number++) void ask(`mask-${number}`, eve)
  await settle()
  expect(served).toHaveLength(fairLimits.seatsOfOneFlow)
})

test('RG64 health is told whatever else goes on, and watches are never refused', async () => {
  const { served, refused, ask } = slowServer()
  const many = fairLimits.seatsOfOneFlow + fairLimits.waiting
  for (let number = 0; number < many; number++) void ask('script/1.0')
  void ask('script/1.0', { path: '/readyz' })
  void ask('script/1.0', { path: '/api/v1/namespaces?resourceVersion=7&watch=true' })
  await settle()
  expect(served).toHaveLength(fairLimits.seatsOfOneFlow + 1)
  expect(refused).toEqual([])
})
