import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ensureCredentials, kubeconfigText } from './credentials.ts'

const folder = mkdtempSync(join(tmpdir(), 'sheaf-credentials-'))
afterAll(() => rmSync(folder, { recursive: true }))
const day = 24 * 3600 * 1000

describe('credentials', () => {
  it('are made once, for this machine alone, and kept', async () => {
    const first = await ensureCredentials(folder, Date.now())
    const certificate = new X509Certificate(first.certificatePem)
    expect(certificate.verify(new X509Certificate(first.authorityPem).publicKey)).toBe(true)
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(certificate.checkHost('localhost')).toBe('localhost')
    expect(first.token.length).toBeGreaterThanOrEqual(32)
    expect(await ensureCredentials(folder, Date.now())).toEqual(first)
  })

  it('are readable by their owner alone', () => {
    for (const name of ['ca.crt', 'server.crt', 'server.key', 'token']) expect(statSync(join(folder, name)).mode & 0o077).toBe(0)
  })

  it('are renewed in their last month; the token stays', async () => {
    const before = await ensureCredentials(folder, Date.now())
    const ends = Date.parse(new X509Certificate(before.certificatePem).validTo)
    expect(await ensureCredentials(folder, ends - 31 * day)).toEqual(before)
    const after = await ensureCredentials(folder, ends - 29 * day)
    expect(after.certificatePem).not.toBe(before.certificatePem)
    expect(after.token).toBe(before.token)
  })

  it('are made anew when a part is missing', async () => {
    unlinkSync(join(folder, 'server.key'))
    const { keyPem } = await ensureCredentials(folder, Date.now())
    expect(keyPem).toBe(readFileSync(join(folder, 'server.key'), 'utf8'))
  })

  it('AC61 hold for every address that the server listens on, and are made anew for another', async () => {
    const before = await ensureCredentials(folder, Date.now())
    expect(new X509Certificate(before.certificatePem).checkIP('192.0.2.7')).toBeUndefined()
    const addresses = ['192.0.2.7', '2001:db8::7', 'sheaf.example.org']
    const after = await ensureCredentials(folder, Date.now(), addresses)
    const certificate = new X509Certificate(after.certificatePem)
    for (const address of ['192.0.2.7', '2001:db8::7', '127.0.0.1']) expect(certificate.checkIP(address)).toBe(address)
    expect(certificate.checkHost('sheaf.example.org')).toBe('sheaf.example.org')
    expect(await ensureCredentials(folder, Date.now(), addresses)).toEqual(after)
    // Fewer addresses are no reason for another.
    expect(await ensureCredentials(folder, Date.now())).toEqual(after)
  })

  it('go into a kubeconfig that names cluster, user and namespace', async () => {
    const credentials = await ensureCredentials(folder, Date.now())
    const config = JSON.parse(kubeconfigText(credentials, 'https://127.0.0.1:1'))
    expect(config).toMatchObject({
      'current-context': 'sheaf',
      clusters: [{ cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ user: { token: credentials.token } }],
    })
  })
})
