// Issues certificates: an authority of this machine's own, and what the server shows, which the authority signs. Clients know
// the authority from the kubeconfig; as long as its key stays, they go on knowing it, however often it is issued anew.

import 'reflect-metadata'
import { createPublicKey, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

export interface Issued {
  certificatePem: string
  keyPem: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayMs = 24 * 3600 * 1000
/** Whoever has a copy of the kubeconfig needs another when it ends. As kubeadm's. */
const authorityDays = 3650
/** Renewed long before; clients refuse certificates that are good for more than 825 days. */
const servingDays = 730
/** Clocks of clients may be a little behind. */
const backdateMs = 3600 * 1000

/** `keyPem`: of the one that it takes the place of, which makes it the same authority to whoever knows that one. */
export async function issueAuthority(now: Date, keyPem?: string): Promise<Issued> {
  const keys = keyPem === undefined ? await newKeys() : await keysIn(keyPem)
  const authority = await X509CertificateGenerator.createSelfSigned({
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter: new Date(now.getTime() + authorityDays * dayMs),
    signingAlgorithm: algorithm,
    name: 'CN=sheaf-ca',
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificatePem: authority.toString('pem'), keyPem: keyPem ?? (await keyText(keys.privateKey)) }
}

/** `addresses` are those beside this machine's loopback: IP addresses and host names. */
export async function issueServing(now: Date, authority: Issued, addresses: readonly string[] = []): Promise<Issued> {
  const signer = new X509Certificate(authority.certificatePem)
  const authorityKeys = await keysIn(authority.keyPem)
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.create({
    notBefore: new Date(now.getTime() - backdateMs),
    // What outlives its authority is believed by nobody.
    notAfter: new Date(Math.min(now.getTime() + servingDays * dayMs, signer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    subject: 'CN=sheaf',
    issuer: signer.subject,
    signingKey: authorityKeys.privateKey,
    publicKey: keys.publicKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'dns', value: 'kubernetes.default.svc' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
        ...addresses.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ]),
      await AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  })
  return { certificatePem: certificate.toString('pem'), keyPem: await keyText(keys.privateKey) }
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

async function keysIn(keyPem: string): Promise<webcrypto.CryptoKeyPair> {
  const spki = createPublicKey(keyPem).export({ type: 'spki', format: 'der' })
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(keyPem), algorithm, true, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
  }
}

async function keyText(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}
