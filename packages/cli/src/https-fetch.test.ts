import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { httpsFetch } from './https-fetch.ts'

let server: Server | undefined
afterEach(() => server?.close())

/** Accepts connections and says nothing, as a process that was stopped does. */
async function silentServer(): Promise<URL> {
  const listening = createServer((socket) => socket.on('error', () => {}))
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  return new URL(`https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
}

test('a server that is silent is given up, with the way out', async () => {
  const url = await silentServer()
  const fetch = httpsFetch({ server: url, authorityPem: '', token: '', deadlines: { connectMs: 50, answerMs: 50 } })
  await expect(fetch({ method: 'GET', path: '/version', headers: {} })).rejects.toThrow(
    /has not answered within 0.05 s.*sheaf up/,
  )
})

test('a server that is not there is told at once', async () => {
  const url = await silentServer()
  await new Promise((resolve) => server?.close(resolve))
  const fetch = httpsFetch({ server: url, authorityPem: '', token: '', deadlines: { connectMs: 60_000, answerMs: 60_000 } })
  await expect(fetch({ method: 'GET', path: '/version', headers: {} })).rejects.toThrow(
    `cannot reach the server at ${url.origin}`,
  )
})
