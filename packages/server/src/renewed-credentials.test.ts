// docs/spec/certificates.md: over real TLS, with a clock of its own.

import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { createManualClock } from '@sheaf/machinery/controller'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { collectingLog } from '../../machinery/src/controller/collecting-log.fixture.ts'
import { type Credentials, ensureCredentials } from './credentials.ts'
import { createHttpServer, listen, showCertificate } from './http-server.ts'
import { openCredentials, type RenewedCredentials } from './renewed-credentials.ts'
import { followRequests } from './requests-in-flight.ts'

const hour = 3600 * 1000
const day = 24 * hour

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-renewed-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

/** The certificate was issued so long ago that it has so long left. */
const issuedFor = (leftMs: number): Promise<Credentials> => ensureCredentials(folder, Date.now() - 730 * day + leftMs)

async function open() {
  const clock = createManualClock(Date.now())
  const log = collectingLog()
  const credentials = await openCredentials({ folder, clock, log })
  onTestFinished(() => credentials.close())
  return { clock, log, credentials }
}

async function serve(credentials: RenewedCredentials): Promise<number> {
  const server = createHttpServer({
    ...credentials.now,
    log: collectingLog(),
    inFlight: followRequests(),
    clientAuthorityPem: credentials.now.authorityPem,
    door: {
      enter: async () => ({
        handle: async () => ({ status: 200, headers: {}, body: 'here' }),
        connect: async () => Promise.reject(new Error('there are no streams')),
        ended() {},
      }),
    },
  })
  const { url, close } = await listen(server, '127.0.0.1', 0)
  onTestFinished(close)
  credentials.showTo((renewed) => showCertificate(server, { ...renewed, clientAuthorityPem: renewed.authorityPem }))
  return Number(new URL(url).port)
}

/** Believes only this authority. */
function connect(port: number, authorityPem: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: authorityPem, ALPNProtocols: ['http/1.1'] }, () => resolve(socket))
    socket.on('error', reject)
    onTestFinished(() => void socket.destroy())
  })
}

function ask(socket: TLSSocket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
  return new Promise((resolve) => socket.once('data', (data) => resolve(data.toString())))
}

const shownOn = (socket: TLSSocket): string => socket.getPeerX509Certificate()?.serialNumber ?? ''
const serialOf = ({ certificatePem }: Credentials): string => new X509Certificate(certificatePem).serialNumber

it('CE2 CE3 what is about to end is renewed within the hour: open connections go on, new ones see it', async () => {
  const before = await issuedFor(30 * day + hour / 2)
  const { clock, credentials } = await open()
  const port = await serve(credentials)
  const old = await connect(port, before.authorityPem)
  expect(shownOn(old)).toBe(serialOf(before))
  clock.advance(hour)
  await vi.waitFor(async () => expect(shownOn(await connect(port, before.authorityPem))).not.toBe(serialOf(before)))
  expect(shownOn(await connect(port, before.authorityPem))).toBe(serialOf(credentials.now))
  expect(await ask(old)).toContain('200 OK')
  expect(credentials.now.authorityPem).toBe(before.authorityPem)
})

it('CE2 what is good for longer stays, hour after hour', async () => {
  const before = await issuedFor(200 * day)
  const { clock, credentials, log } = await open()
  for (let hours = 0; hours < 5; hours++) {
    clock.advance(hour)
    await vi.waitFor(() => expect(clock.waiting).toBe(1))
  }
  expect(credentials.now).toEqual(before)
  expect(log.lines).toEqual([])
})

it('CE2 CE8 an authority that is issued anew is believed by whoever knows the one before', async () => {
  const before = await ensureCredentials(folder, Date.now() - (3650 - 60) * day)
  const { credentials, log } = await open()
  const port = await serve(credentials)
  expect(credentials.now.authorityPem).toBe(before.authorityPem)
  await credentials.renew(90 * day)
  expect(credentials.now.authorityPem).not.toBe(before.authorityPem)
  expect(credentials.ends().authorityEndsMs).toBeGreaterThan(Date.now() + 3000 * day)
  for (const authority of [before, credentials.now])
    expect(shownOn(await connect(port, authority.authorityPem))).toBe(serialOf(credentials.now))
  expect(log.lines.join()).not.toContain('another one')
})

it('CE4 one that has ended keeps no server from starting, and is mended at the start', async () => {
  const before = await issuedFor(-day)
  const { credentials } = await open()
  const port = await serve(credentials)
  expect(shownOn(await connect(port, before.authorityPem))).toBe(serialOf(credentials.now))
})

it('CE4 what cannot be renewed is shown on, told once, and renewed as soon as that works', async () => {
  const before = await issuedFor(-day)
  // The draft of the key cannot be written: something is in its place.
  const obstacle = join(folder, 'server.key.new')
  mkdirSync(obstacle)
  const { clock, credentials, log } = await open()
  await serve(credentials)
  expect(credentials.now).toEqual(before)
  for (let hours = 0; hours < 3; hours++) {
    clock.advance(hour)
    await vi.waitFor(() => expect(clock.waiting).toBe(1))
  }
  expect(log.lines).toEqual([
    expect.stringMatching(/^error: certificates cannot be renewed; it is tried again every hour: .*EISDIR/),
  ])
  rmSync(obstacle, { recursive: true })
  clock.advance(hour)
  await vi.waitFor(() => expect(credentials.now).not.toEqual(before))
})

it('CE3 what could not be shown is shown at the next look', async () => {
  await issuedFor(30 * day + hour / 2)
  const { clock, credentials } = await open()
  const shown: string[] = []
  let fails = false
  credentials.showTo(({ certificatePem }) => {
    if (fails) throw new Error('the disk is full')
    shown.push(certificatePem)
  })
  fails = true
  clock.advance(hour)
  await vi.waitFor(() => expect(credentials.now.certificatePem).not.toBe(shown[0]))
  fails = false
  clock.advance(hour)
  await vi.waitFor(() => expect(shown.at(-1)).toBe(credentials.now.certificatePem))
})

it('CE7 another authority is told', async () => {
  await issuedFor(30 * day + hour / 2)
  rmSync(join(folder, 'ca.key'))
  const { clock, log } = await open()
  clock.advance(hour)
  await vi.waitFor(() => expect(log.lines.join()).toContain('whoever has a copy of the kubeconfig needs it anew'))
})
