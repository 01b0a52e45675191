// docs/spec/certificates.md: what lies in the folder.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type Credentials, ensureCredentials, kubeconfigText } from './credentials.ts'

const day = 24 * 3600 * 1000
const year = 365 * day
const now = Date.UTC(2026, 0, 1)

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})

function temporaryFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'sheaf-credentials-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

const endOf = (pem: string): number => Date.parse(new X509Certificate(pem).validTo)

function expectWhole({ certificatePem, keyPem, authorityPem }: Credentials, atMs: number): void {
  const [certificate, authority] = [certificatePem, authorityPem].map((pem) => new X509Certificate(pem))
  expect(certificate?.checkPrivateKey(createPrivateKey(keyPem))).toBe(true)
  expect(certificate?.checkIssued(authority as X509Certificate)).toBe(true)
  expect(certificate?.verify((authority as X509Certificate).publicKey)).toBe(true)
  for (const each of [certificate, authority]) {
    expect(Date.parse(each?.validFrom ?? '')).toBeLessThanOrEqual(atMs)
    expect(Date.parse(each?.validTo ?? '')).toBeGreaterThan(atMs + 30 * day)
  }
}

describe('credentials', () => {
  it('CE1 are made once, for this machine alone, and kept', async () => {
    const first = await ensureCredentials(folder, now)
    expectWhole(first, now)
    const certificate = new X509Certificate(first.certificatePem)
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(certificate.checkHost('localhost')).toBe('localhost')
    expect([endOf(first.authorityPem), endOf(first.certificatePem)]).toEqual([now + 10 * year, now + 2 * year])
    expect(first.token.length).toBeGreaterThanOrEqual(32)
    expect(await ensureCredentials(folder, now)).toEqual(first)
  })

  it('CE1 are readable by their owner alone', async () => {
    await ensureCredentials(folder, now)
    for (const name of ['ca.crt', 'ca.key', 'server.crt', 'server.key', 'token'])
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0)
  })

  it('CE2 the certificate is renewed in its last month by the same authority; the token stays', async () => {
    const before = await ensureCredentials(folder, now)
    const ends = endOf(before.certificatePem)
    expect(await ensureCredentials(folder, ends - 31 * day)).toEqual(before)
    const after = await ensureCredentials(folder, ends - 29 * day)
    expect(after).toEqual({ ...before, certificatePem: after.certificatePem, keyPem: after.keyPem })
    expect(after.certificatePem).not.toBe(before.certificatePem)
    expectWhole(after, ends - 29 * day)
  })

  it('CE2 an authority that is issued anew is the same to whoever knows the one before', async () => {
    const before = await ensureCredentials(folder, now)
    const late = endOf(before.authorityPem) - 29 * day
    const after = await ensureCredentials(folder, late)
    expectWhole(after, late)
    expect(endOf(after.authorityPem)).toBe(late + 10 * year)
    expect(new X509Certificate(after.certificatePem).checkIssued(new X509Certificate(before.authorityPem))).toBe(true)
  })

  it('CE2 a certificate ends with its authority at the latest', async () => {
    const before = await ensureCredentials(folder, now)
    const after = await ensureCredentials(folder, endOf(before.authorityPem) - year)
    expect(endOf(after.certificatePem)).toBe(endOf(before.authorityPem))
  })

  it.each([
    ['forward', 30 * year],
    ['back', -3 * year],
  ])('CE5 after the clock was set %s they are of now', async (_direction, byMs) => {
    const before = await ensureCredentials(folder, now)
    const after = await ensureCredentials(folder, now + byMs)
    expectWhole(after, now + byMs)
    expect(after.token).toBe(before.token)
    expectWhole(await ensureCredentials(folder, now), now)
  })

  it.each(['ca.crt', 'ca.key', 'server.crt', 'server.key', 'token'])(
    'CE6 are whole again when %s is lost, empty or garbage',
    async (name) => {
      await ensureCredentials(folder, now)
      const path = join(folder, name)
      unlinkSync(path)
      expectWhole(await ensureCredentials(folder, now), now)
      writeFileSync(path, '')
      expectWhole(await ensureCredentials(folder, now), now)
      expect((await ensureCredentials(folder, now)).token.length).toBeGreaterThanOrEqual(32)
      if (name !== 'token') writeFileSync(path, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
      const mended = await ensureCredentials(folder, now)
      expectWhole(mended, now)
      expect(await ensureCredentials(folder, now)).toEqual(mended)
    },
  )

  it.each([['ca.key'], ['ca.key', 'ca.crt'], ['ca.key', 'ca.crt', 'server.key']])(
    'CE6 are whole again when a renewal ended after %s',
    async (...written) => {
      await ensureCredentials(folder, now)
      const other = temporaryFolder()
      await ensureCredentials(other, now)
      for (const name of written) copyFileSync(join(other, name), join(folder, name))
      expectWhole(await ensureCredentials(folder, now), now)
    },
  )

  it('CE7 without the key of the authority they stay until one has to be renewed', async () => {
    const before = await ensureCredentials(folder, now)
    unlinkSync(join(folder, 'ca.key'))
    expect(await ensureCredentials(folder, now + year)).toEqual(before)
    const late = endOf(before.certificatePem) - 29 * day
    const after = await ensureCredentials(folder, late)
    expectWhole(after, late)
    expect(new X509Certificate(after.authorityPem).publicKey.equals(new X509Certificate(before.authorityPem).publicKey)).toBe(
      false,
    )
    expect(readFileSync(join(folder, 'ca.key'), 'utf8')).toContain('PRIVATE KEY')
  })

  it('AC61 hold for every address that the server listens on, and are made anew for another', async () => {
    const before = await ensureCredentials(folder, Date.now())
    expect(new X509Certificate(before.certificatePem).checkIP('192.0.2.7')).toBeUndefined()
    const addresses = ['192.0.2.7', '2001:db8::7', 'sheaf.example.org']
    const after = await ensureCredentials(folder, Date.now(), { addresses })
    const certificate = new X509Certificate(after.certificatePem)
    for (const address of ['192.0.2.7', '2001:db8::7', '127.0.0.1']) expect(certificate.checkIP(address)).toBe(address)
    expect(certificate.checkHost('sheaf.example.org')).toBe('sheaf.example.org')
    expect(await ensureCredentials(folder, Date.now(), { addresses })).toEqual(after)
    // Fewer addresses are no reason for another.
    expect(await ensureCredentials(folder, Date.now())).toEqual(after)
  })

  it('go into a kubeconfig that names cluster, user and namespace', async () => {
    const credentials = await ensureCredentials(folder, now)
    const config = JSON.parse(kubeconfigText(credentials, 'https://127.0.0.1:1'))
    expect(config).toMatchObject({
      'current-context': 'sheaf',
      clusters: [{ cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ user: { token: credentials.token } }],
    })
  })
})
