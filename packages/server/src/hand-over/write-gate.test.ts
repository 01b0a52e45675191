import { type ApiRequest, bodyText } from '@sheaf/api/client'
import { expect, test } from 'vitest'
import { createWriteGate } from './write-gate.ts'

const user = { username: 'admin', groups: [] }
const request = (method: string): ApiRequest => ({ method, path: '/', headers: {} })

test('UP11 held writes are answered 429 with the time to wait and the reason; reads are answered', async () => {
  const gate = createWriteGate()
  const guarded = gate.guard({
    handle: async () => ({ status: 200, headers: {}, body: '' }),
    connect: () => Promise.reject(new Error('no stream here')),
  })
  const ask = (method: string) => guarded.handle(request(method), user)
  expect((await ask('POST')).status).toBe(200)
  gate.hold('1.0.0 hands the platform over to 1.1.0')
  for (const method of ['GET', 'HEAD', 'OPTIONS']) expect((await ask(method)).status).toBe(200)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const { status, headers, body } = await ask(method)
    expect([status, headers['retry-after']]).toEqual([429, '1'])
    expect(JSON.parse(await bodyText(body))).toMatchObject({
      kind: 'Status',
      reason: 'TooManyRequests',
      message: 'writes are held: 1.0.0 hands the platform over to 1.1.0. Guests run on and reads are answered; try again in 1 s',
      details: { retryAfterSeconds: 1 },
    })
  }
  gate.open()
  expect((await ask('DELETE')).status).toBe(200)
})
