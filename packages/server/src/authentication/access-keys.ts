// What credentials of others are made with: the authority that signs certificates of people, and the key of tokens. Made at the
// first start and kept: whatever they have signed is worth as much as they are.

import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivately } from '../credentials.ts'

export interface AccessKeys {
  clientAuthority: { certificatePem: string; keyPem: string }
  /** Signs tokens of ServiceAccounts. */
  accountKeyPem: string
}

/** Nobody gets a certificate that outlives its authority: see how long sheaf user lets them be good. */
const renewBeforeMs = 400 * 24 * 3600 * 1000

export async function ensureAccessKeys(folder: string, nowMs: number): Promise<AccessKeys> {
  const paths = pathsIn(folder)
  if (!isUsable(paths, nowMs)) {
    // Loaded only when needed: it costs half a second.
    const { issueClientAuthority } = await import('./client-authority.ts')
    const issued = await issueClientAuthority(new Date(nowMs))
    // The certificate is what is looked at, so it comes last.
    writePrivately([paths.authorityKey, issued.keyPem], [paths.authority, issued.certificatePem])
  }
  if (!existsSync(paths.accountKey)) writePrivately([paths.accountKey, newAccountKey()])
  return readAccessKeys(folder)
}

/** Throws when no server has made them yet. */
export function readAccessKeys(folder: string): AccessKeys {
  const { authority, authorityKey, accountKey } = pathsIn(folder)
  const text = (path: string): string => readFileSync(path, 'utf8')
  return {
    clientAuthority: { certificatePem: text(authority), keyPem: text(authorityKey) },
    accountKeyPem: text(accountKey),
  }
}

export function newAccountKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
}

interface Paths {
  authority: string
  authorityKey: string
  accountKey: string
}

const pathsIn = (folder: string): Paths => ({
  authority: join(folder, 'clients.crt'),
  authorityKey: join(folder, 'clients.key'),
  accountKey: join(folder, 'service-accounts.key'),
})

/** A power cut between the two files leaves a key that belongs to no certificate. */
function isUsable({ authority, authorityKey }: Paths, nowMs: number): boolean {
  if (!existsSync(authority) || !existsSync(authorityKey)) return false
  const certificate = new X509Certificate(readFileSync(authority))
  const ends = Date.parse(certificate.validTo)
  return ends - nowMs > renewBeforeMs && certificate.checkPrivateKey(createPrivateKey(readFileSync(authorityKey)))
}
