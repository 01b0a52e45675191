// The authority that makes certificates for people. It is another one than the server's: what it signs opens the door to a
// person, and never stands for the server.

import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** A new authority shuts out every certificate of the old one: it outlives whatever it signs. */
const authorityDays = 3650
const dayMs = 24 * 3600 * 1000
/** Clocks of clients may be a little behind. */
const backdateMs = 3600 * 1000
/** As RFC 5280 allows at most, with the first bit clear. */
const serialBytes = 16

export interface KeyedCertificate {
  certificatePem: string
  keyPem: string
}

export async function issueClientAuthority(now: Date): Promise<KeyedCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=sheaf-clients',
    ...validity(now, authorityDays),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificatePem: certificate.toString('pem'), keyPem: await pemOf(keys.privateKey) }
}

export interface Person {
  name: string
  groups: readonly string[]
  days: number
}

/** The person's key is made here and kept by nobody. */
export async function issueClientCertificate(
  authority: KeyedCertificate,
  { name, groups, days }: Person,
  now: Date,
): Promise<KeyedCertificate> {
  const issuer = new X509Certificate(authority.certificatePem)
  const authorityKey = PemConverter.decodeFirst(authority.keyPem)
  const signingKey = await webcrypto.subtle.importKey('pkcs8', authorityKey, algorithm, false, ['sign'])
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const subject: JsonName = [{ CN: [name] }, ...groups.map((group) => ({ O: [group] }))]
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: issuer.subject,
    ...validity(now, days),
    signingAlgorithm: algorithm,
    signingKey,
    publicKey: keys.publicKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      await AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return { certificatePem: certificate.toString('pem'), keyPem: await pemOf(keys.privateKey) }
}

function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - backdateMs), notAfter: new Date(now.getTime() + days * dayMs) }
}

/** Positive, and its first digit is none that would be left out. */
function serialNumber(): string {
  const bytes = randomBytes(serialBytes)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex')
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}
