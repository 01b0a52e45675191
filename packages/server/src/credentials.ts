// Who we are and who may enter: a certificate authority of our own, the certificate that it signs for the server, a bearer
// token, and the kubeconfig that carries them to kubectl. Made at the first start, and kept; certificates are renewed before
// they end, and whenever what lies there would not do.

import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'

export interface Credentials {
  authorityPem: string
  certificatePem: string
  keyPem: string
  token: string
}

/** A month: whoever looks after a machine only now and then still finds a server that clients believe. */
export const renewBeforeMs = 30 * 24 * 3600 * 1000

const names = {
  authority: 'ca.crt',
  authorityKey: 'ca.key',
  certificate: 'server.crt',
  key: 'server.key',
  token: 'token',
} as const

export interface CredentialsWanted {
  /** IP addresses and host names, beside this machine's loopback, under which clients reach the server. */
  addresses?: readonly string[]
  /** What ends within this time is renewed. */
  withinMs?: number | undefined
}

/** What is about to end is made anew, and so is what a power cut, a full disk or a clock that was wrong left behind. */
export async function ensureCredentials(
  folder: string,
  nowMs: number,
  { addresses = [], withinMs = renewBeforeMs }: CredentialsWanted = {},
): Promise<Credentials> {
  const path = (name: keyof typeof names): string => join(folder, names[name])
  const authority = certificateIn(path('authority'))
  const authorityKey = keyIn(path('authorityKey'))
  const isGood = (certificate: X509Certificate | undefined): certificate is X509Certificate =>
    certificate !== undefined && isOfNow(certificate, nowMs, withinMs)
  const certificate = certificateIn(path('certificate'))
  const isServing = isGood(certificate) && isFor(certificate, addresses) && canServe(folder)
  if (!isGood(authority) || !isServing) {
    // Loaded only when needed: it costs half a second.
    const { issueAuthority, issueServing } = await import('./certificates.ts')
    const now = new Date(nowMs)
    const canSign = isGood(authority) && authorityKey !== undefined && authority.checkPrivateKey(authorityKey)
    // With the same key it is the same authority to whoever knows the one before; without, clients need the new kubeconfig.
    const signer = canSign
      ? { certificatePem: readFileSync(path('authority'), 'utf8'), keyPem: pemOf(authorityKey) }
      : await issueAuthority(now, authorityKey && pemOf(authorityKey))
    const serving = await issueServing(now, signer, addresses)
    writePrivately(
      [path('authorityKey'), signer.keyPem],
      [path('authority'), signer.certificatePem],
      [path('key'), serving.keyPem],
      [path('certificate'), serving.certificatePem],
    )
  }
  if (!readIfThere(path('token'))) writePrivately([path('token'), randomBytes(24).toString('base64url')])
  return readCredentials(folder)
}

/** As they lie there. */
export function readCredentials(folder: string): Credentials {
  const text = (name: keyof typeof names): string => readFileSync(join(folder, names[name]), 'utf8')
  return {
    authorityPem: text('authority'),
    certificatePem: text('certificate'),
    keyPem: text('key'),
    token: text('token').trim(),
  }
}

/** Whether a server could show what lies there, be it out of date. */
export function canServe(folder: string): boolean {
  const [authority, certificate] = [names.authority, names.certificate].map((name) => certificateIn(join(folder, name)))
  const key = keyIn(join(folder, names.key))
  if (authority === undefined || certificate === undefined || key === undefined) return false
  return certificate.checkPrivateKey(key) && certificate.verify(authority.publicKey)
}

function isFor(certificate: X509Certificate, addresses: readonly string[]): boolean {
  return addresses.every((each) => (isIP(each) === 0 ? certificate.checkHost(each) : certificate.checkIP(each)) !== undefined)
}

/** One that begins later is of a time in which the clock was wrong. */
function isOfNow({ validFrom, validTo }: X509Certificate, nowMs: number, withinMs: number): boolean {
  return Date.parse(validFrom) <= nowMs && Date.parse(validTo) - nowMs > withinMs
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

/** Undefined also for what is no certificate. */
function certificateIn(path: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readIfThere(path))
  } catch {
    return undefined
  }
}

function keyIn(path: string): KeyObject | undefined {
  try {
    return createPrivateKey(readIfThere(path))
  } catch {
    return undefined
  }
}

const readIfThere = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '')

/**
 * Each whole or not at all, also after a power cut, and none where there is no room for all. What is there already is not written
 * again, so that a restart needs no room on a full disk.
 */
export function writePrivately(...files: readonly (readonly [path: string, text: string])[]): void {
  const news = files.filter(([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
  for (const [path, text] of news) writeFileSync(draftOf(path), text, { mode: 0o600, flush: true })
  for (const [path] of news) renameSync(draftOf(path), path)
}

const draftOf = (path: string): string => `${path}.new`

/** What is in such a kubeconfig. Throws when it is another. */
export function accessIn(kubeconfig: string): { url: string; authorityPem: string; token: string } {
  const { clusters, users } = JSON.parse(kubeconfig) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }]
    users: [{ user: { token: string } }]
  }
  const [{ cluster }] = clusters
  const authorityPem = Buffer.from(cluster['certificate-authority-data'], 'base64').toString()
  return { url: cluster.server, authorityPem, token: users[0].user.token }
}

export function kubeconfigText({ authorityPem, token }: Credentials, server: string): string {
  return kubeconfigOf({ server, authorityPem, name: 'admin', user: { token }, namespace: 'default' })
}

interface KubeconfigContents {
  server: string
  authorityPem: string
  /** Of the person. */
  name: string
  /** What they come with, as kubectl reads it. */
  user: object
  namespace: string
}

/** JSON is YAML: no writer is needed for what only programs read. */
export function kubeconfigOf({ server, authorityPem, name, user, namespace }: KubeconfigContents): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'sheaf',
        cluster: { server, 'certificate-authority-data': Buffer.from(authorityPem).toString('base64') },
      },
    ],
    users: [{ name, user }],
    contexts: [{ name: 'sheaf', context: { cluster: 'sheaf', user: name, namespace } }],
    'current-context': 'sheaf',
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
