import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { httpFetch } from './http-fetch.ts'
import { transportWords } from './pull-failed.ts'

const undo: (() => void)[] = []
afterEach(() => {
  for (const each of undo.splice(0)) each()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  undo.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

test('asks, and answers with status, headers and body', async () => {
  const url = await serve((request, response) => {
    const { range = '', 'content-type': type = '' } = request.headers
    response.writeHead(201, { 'x-method': request.method ?? '', 'x-range': range, 'x-type': type })
    request.pipe(response)
  })
  const response = await httpFetch(url, {
    method: 'POST',
    headers: { range: 'bytes=3-' },
    body: new URLSearchParams({ a: 'b c' }),
  })
  expect(response.status).toBe(201)
  expect(response.headers.get('x-method')).toBe('POST')
  expect(response.headers.get('x-range')).toBe('bytes=3-')
  expect(response.headers.get('x-type')).toBe('application/x-www-form-urlencoded')
  expect(await response.text()).toBe('a=b+c')
})

test('an answer without a body has none', async () => {
  const url = await serve((_, response) => response.writeHead(204).end())
  expect((await httpFetch(url)).body).toBeNull()
})

test('follows a redirection, and tells nobody else who we are', async () => {
  const other = await serve(({ headers }, response) => response.end(`there: ${headers.authorization}`))
  const url = await serve(({ url: path, headers }, response) => {
    if (path === '/here') return response.end(`here: ${headers.authorization}`)
    return response.writeHead(307, { location: path === '/away' ? `${other}/` : 'here' }).end('moved')
  })
  const headers = { authorization: 'Basic me' }
  expect(await (await httpFetch(`${url}/near`, { headers })).text()).toBe('here: Basic me')
  expect(await (await httpFetch(`${url}/away`, { headers })).text()).toBe('there: undefined')
  const untouched = await httpFetch(`${url}/near`, { redirect: 'manual' })
  expect([untouched.status, untouched.headers.get('location')]).toEqual([307, 'here'])
})

test('a circle of redirections ends', async () => {
  const url = await serve((_, response) => response.writeHead(302, { location: '/' }).end())
  await expect(httpFetch(url)).rejects.toThrow('sends from one place to the next more than 10 times')
})

test('says that nobody listens', async () => {
  const url = await serve(() => undefined)
  for (const each of undo.splice(0)) each()
  await wait(10)
  expect(transportWords(await failureOf(httpFetch(url)))).toBe('nobody listens there')
})

test('a broken connection fails the reader', async () => {
  const url = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('some', () => response.destroy())
  })
  const response = await httpFetch(url)
  expect(transportWords(await failureOf(response.text()))).toBe('the connection was cut off')
})

test.each(['before', 'in the middle of'])('what its caller calls off %s the answer fails with the reason', async (when) => {
  const url = await serve((_, response) => {
    if (when !== 'before') response.writeHead(200).write('some')
  })
  const off = new AbortController()
  const answer = failureOf(httpFetch(url, { signal: off.signal }).then((response) => response.text()))
  await wait(50)
  const reason = new Error('enough')
  off.abort(reason)
  expect(await answer).toBe(reason)
  expect(await failureOf(httpFetch(url, { signal: off.signal }))).toBe(reason)
})

test.each(['before', 'in the middle of'])('a server that is silent %s its answer is not waited for', async (when) => {
  const url = await serve((_, response) => {
    if (when !== 'before') response.writeHead(200).write('some')
  })
  const failure = await failureOf(httpFetch(url, { silenceMs: 30 }).then((response) => response.text()))
  expect(transportWords(failure)).toMatch(/^127\.0\.0\.1:\d+ was silent for 0\.03 s$/)
})

test('a reader who takes their time is no silence of the server', async () => {
  const bytes = 8 * 1024 * 1024
  const url = await serve((_, response) => response.writeHead(200).end(Buffer.alloc(bytes, 1)))
  const response = await httpFetch(url, { silenceMs: 1000 })
  let received = 0
  for await (const chunk of response.body ?? []) {
    if (received === 0) await wait(1500)
    received += chunk.length
  }
  expect(received).toBe(bytes)
})

test('a server that closes at the end of its answer does not trouble a slow reader', async () => {
  const bytes = 8 * 1024 * 1024
  const url = await serve((_, response) => response.writeHead(200, { connection: 'close' }).end(Buffer.alloc(bytes, 1)))
  const response = await httpFetch(url)
  let received = 0
  for await (const chunk of response.body ?? []) {
    received += chunk.length
    await wait(1)
  }
  expect(received).toBe(bytes)
})

test('what nobody reads is not held in memory', async () => {
  let left = 0
  const url = await serve((_, response) => {
    const chunk = Buffer.alloc(1024 * 1024)
    const fill = (): void => {
      while (left < 200 && response.write(chunk)) left++
    }
    response.on('drain', fill)
    fill()
  })
  const response = await httpFetch(url)
  await wait(200)
  await response.body?.cancel()
  expect(left).toBeLessThan(100)
})
