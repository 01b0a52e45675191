import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { User } from '@sheaf/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureAccessKeys } from './access-keys.ts'
import { issueClientCertificate, type KeyedCertificate } from './client-authority.ts'
import { identifyCertificate, serialNumberOf } from './client-certificate.ts'

const dayMs = 24 * 3600 * 1000
const now = new Date()
const folder = mkdtempSync(join(tmpdir(), 'sheaf-clients-'))
afterAll(() => rmSync(folder, { recursive: true }))

let authority: KeyedCertificate
let certificate: X509Certificate
beforeAll(async () => {
  authority = (await ensureAccessKeys(folder, now.getTime())).clientAuthority
  certificate = await issue('anna@example.org', ['ops', 'night shift'])
})

async function issue(name: string, groups: string[]): Promise<X509Certificate> {
  const { certificatePem } = await issueClientCertificate(authority, { name, groups, days: 30 }, now)
  return new X509Certificate(certificatePem)
}

const userOf = (name: string, serialNumber: string): User => ({
  apiVersion: 'sheaf.io/v1',
  kind: 'User',
  metadata: { name },
  spec: { serialNumber },
})

const identify = (users: User[], nowMs = now.getTime(), shown = certificate) =>
  identifyCertificate(shown, {
    users: { find: async (name) => users.find((each) => each.metadata.name === name) },
    nowMs: () => nowMs,
  })

describe('a client certificate', () => {
  test('AC30 is its common name, in the groups that it names as organizations', async () => {
    expect(await identify([userOf('anna@example.org', serialNumberOf(certificate))])).toEqual({
      username: 'anna@example.org',
      groups: ['ops', 'night shift', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [
          `X509SHA256=${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`,
        ],
      },
    })
  })

  test('AC30 is signed by the authority of people, for clients alone', () => {
    const issuer = new X509Certificate(authority.certificatePem)
    expect(certificate.verify(issuer.publicKey)).toBe(true)
    expect(certificate.checkIssued(issuer)).toBe(true)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(certificate.ca).toBe(false)
    expect(Date.parse(certificate.validTo) - now.getTime()).toBeLessThanOrEqual(30 * dayMs)
  })

  test.each(['a.b-c_d@e', 'x', 'UPPER', '007'])('AC30 names come out as they went in: %s', async (name) => {
    const shown = await issue(name, [name])
    const user = await identify([userOf(name, serialNumberOf(shown))], now.getTime(), shown)
    expect(user).toMatchObject({ username: name, groups: [name, 'system:authenticated'] })
  })

  test.each([
    ['whom nobody let in', () => []],
    ['that was rotated away', () => [userOf('anna@example.org', '4242')]],
    ['of another person', () => [userOf('bob', serialNumberOf(certificate))]],
  ])('AC42 is refused where it is one %s', async (_, users) => {
    expect(await identify(users())).toBeUndefined()
  })

  test('AC30 is refused when it has ended', async () => {
    const users = [userOf('anna@example.org', serialNumberOf(certificate))]
    expect(await identify(users, now.getTime() + 31 * dayMs)).toBeUndefined()
  })
})

describe('the authority of people', () => {
  test('AC30 is kept, readable by its owner alone, and renewed before what it signs could outlive it', async () => {
    const first = await ensureAccessKeys(folder, now.getTime())
    expect(await ensureAccessKeys(folder, now.getTime())).toEqual(first)
    for (const name of ['clients.crt', 'clients.key', 'service-accounts.key'])
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0)
    const ends = Date.parse(new X509Certificate(first.clientAuthority.certificatePem).validTo)
    expect(await ensureAccessKeys(folder, ends - 401 * dayMs)).toEqual(first)
    const after = await ensureAccessKeys(folder, ends - 399 * dayMs)
    expect(after.clientAuthority).not.toEqual(first.clientAuthority)
    expect(after.accountKeyPem).toBe(first.accountKeyPem)
  })

  test('AC30 is made anew when its key belongs to another', async () => {
    const before = await ensureAccessKeys(folder, now.getTime())
    writeFileSync(join(folder, 'clients.key'), before.accountKeyPem)
    const after = await ensureAccessKeys(folder, now.getTime())
    expect(after.clientAuthority.certificatePem).not.toBe(before.clientAuthority.certificatePem)
  })
})
