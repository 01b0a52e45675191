// Who we are and who may enter: a certificate authority of our own, a server certificate, a bearer token, and the
// kubeconfig that carries them to kubectl. Made at the first start, kept, and renewed before they end.

import { randomBytes, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'

export interface Credentials {
  authorityPem: string
  certificatePem: string
  keyPem: string
  token: string
}

/** Renewed at a start within this time of the end. A start is enough: certificates guard the API, never a machine. */
const renewBeforeMs = 30 * 24 * 3600 * 1000

/** `addresses` are those, beside this machine's loopback, under which clients reach the server. */
export async function ensureCredentials(folder: string, nowMs: number, addresses: readonly string[] = []): Promise<Credentials> {
  const path = (name: string): string => join(folder, name)
  const isUsable = (name: string): boolean =>
    existsSync(path(name)) && Date.parse(new X509Certificate(readFileSync(path(name))).validTo) - nowMs > renewBeforeMs
  const isFor = (name: string): boolean => {
    const certificate = new X509Certificate(readFileSync(path(name)))
    return addresses.every((each) => (isIP(each) === 0 ? certificate.checkHost(each) : certificate.checkIP(each)) !== undefined)
  }
  if (!isUsable('ca.crt') || !isUsable('server.crt') || !existsSync(path('server.key')) || !isFor('server.crt')) {
    // Loaded only when needed: it costs half a second.
    const { issueCertificates } = await import('./certificates.ts')
    const issued = await issueCertificates(new Date(nowMs), addresses)
    // The certificate is what is looked at, so it comes last.
    writePrivately(path('ca.crt'), issued.authorityPem)
    writePrivately(path('server.key'), issued.keyPem)
    writePrivately(path('server.crt'), issued.certificatePem)
  }
  if (!existsSync(path('token'))) writePrivately(path('token'), randomBytes(24).toString('base64url'))
  return {
    authorityPem: readFileSync(path('ca.crt'), 'utf8'),
    certificatePem: readFileSync(path('server.crt'), 'utf8'),
    keyPem: readFileSync(path('server.key'), 'utf8'),
    token: readFileSync(path('token'), 'utf8').trim(),
  }
}

/** Whole or not at all. What is there already is not written again, so that a restart needs no room on a full disk. */
export function writePrivately(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  const draft = `${path}.new`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, path)
}

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
