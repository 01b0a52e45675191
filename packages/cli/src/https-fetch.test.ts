import { createServer as createPlainServer, type RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, createServer as createSilentServer, type Server as NetServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { bodyText } from '@sheaf/api/client'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { issueAuthority, issueServing } from '../../server/src/certificates.ts'
import { type HttpsFetchOptions, httpsFetch } from './https-fetch.ts'

let certificates: { authorityPem: string; certificatePem: string; keyPem: string }
beforeAll(async () => {
  const authority = await issueAuthority(new Date())
  certificates = { authorityPem: authority.certificatePem, ...(await issueServing(new Date(), authority)) }
})

let running: NetServer | undefined
afterEach(() => running?.close())

/** Tells who asks, and for what. */
const tell: RequestListener = ({ url, headers, socket }, response) => {
  const names = 'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate().subject : undefined
  response.end(JSON.stringify({ url, authorization: headers.authorization, certificate: names?.CN }))
}

async function start(server: NetServer): Promise<number> {
  running = server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const secureServer = (): Server =>
  createServer(
    { cert: certificates.certificatePem, key: certificates.keyPem, requestCert: true, rejectUnauthorized: false },
    tell,
  )

async function ask(access: HttpsFetchOptions): Promise<Record<string, string>> {
  const { body } = await httpsFetch(access)({ method: 'GET', path: '/version', headers: {} })
  return JSON.parse(await bodyText(body)) as Record<string, string>
}

test('a client certificate is shown, and a server may live below a path', async () => {
  const port = await start(secureServer())
  const { authorityPem, certificatePem, keyPem } = certificates
  const server = new URL(`https://127.0.0.1:${port}/k8s/clusters/one/`)
  const seen = await ask({ server, authorityPem, certificatePem, keyPem, authorization: 'Bearer t' })
  expect(seen).toEqual({ url: '/k8s/clusters/one/version', authorization: 'Bearer t', certificate: expect.any(String) })
})

test('a server that nobody vouches for is not spoken to, unless the person wants that', async () => {
  const server = new URL(`https://127.0.0.1:${await start(secureServer())}`)
  await expect(ask({ server })).rejects.toThrow(`cannot reach the server at ${server.origin}`)
  expect(await ask({ server, trustsAnybody: true })).toMatchObject({ url: '/version' })
})

test('kubectl proxy speaks plain HTTP', async () => {
  const server = new URL(`http://127.0.0.1:${await start(createPlainServer(tell))}`)
  expect(await ask({ server, deadlines: { connectMs: 60_000, answerMs: 60_000 } })).toEqual({ url: '/version' })
})

/** Accepts connections and says nothing, as a process that was stopped does. */
const silentServer = (): NetServer => createSilentServer((socket) => socket.on('error', () => {}))

test.each(['https', 'http'])('a server that is silent is given up, with the way out: %s', async (scheme) => {
  const server = new URL(`${scheme}://127.0.0.1:${await start(silentServer())}`)
  await expect(ask({ server, deadlines: { connectMs: 50, answerMs: 50 } })).rejects.toThrow(
    /has not answered within 0.05 s.*sheaf up/,
  )
})

test('a server that is not there is told at once', async () => {
  const server = new URL(`https://127.0.0.1:${await start(silentServer())}`)
  await new Promise((resolve) => running?.close(resolve))
  await expect(ask({ server, deadlines: { connectMs: 60_000, answerMs: 60_000 } })).rejects.toThrow(
    `cannot reach the server at ${server.origin}`,
  )
})
