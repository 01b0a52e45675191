// Signatures and public keys in minisign's format (https://jedisct1.github.io/minisign), so that anybody can check a release
// without Sheaf. Ed25519 over the BLAKE2b-512 digest of the signed bytes. The secret key is a PKCS#8 file.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'

export interface PublicKey {
  /** Eight bytes as upper-case hexadecimal, most significant first, as minisign prints it. */
  id: string
  key: KeyObject
}

export interface SecretKey {
  id: string
  key: KeyObject
}

export interface Signature {
  keyId: string
  /** Signed too. */
  trustedComment: string
}

export class SignatureInvalid extends Error {}

const keyBytes = 32
const idBytes = 8
const signatureBytes = 64
/** What stands before a raw Ed25519 key in the structures that Node reads (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')

const idOf = (bytes: Uint8Array): string => Buffer.from(bytes).reverse().toString('hex').toUpperCase()
const idToBytes = (id: string): Buffer => Buffer.from(id, 'hex').reverse()

/** The id is random, as minisign's: it names the key, and proves nothing. */
export function generateKeys(): { secretFile: string; publicFile: string; id: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const id = idOf(randomBytes(idBytes))
  return {
    id,
    secretFile: `${secretHead}${id}\n${privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()}`,
    publicFile: publicKeyText({ id, key: publicKey }),
  }
}

const secretHead = '# Sheaf release key '

/** Throws SignatureInvalid, with the reason. */
export function readSecretKey(text: string): SecretKey {
  const id = /^# Sheaf release key ([0-9A-F]{16})$/m.exec(text)?.[1]
  const start = text.indexOf('-----BEGIN')
  if (id === undefined || start === -1) throw new SignatureInvalid('this is not a secret key made by: sheaf release keygen')
  return { id, key: createPrivateKey(text.slice(start)) }
}

export const publicKeyOf = ({ id, key }: SecretKey): PublicKey => ({ id, key: createPublicKey(key) })

export function publicKeyText({ id, key }: PublicKey): string {
  const raw = key.export({ type: 'spki', format: 'der' }).subarray(spkiPrefix.length)
  const packed = Buffer.concat([Buffer.from('Ed'), idToBytes(id), raw]).toString('base64')
  return `untrusted comment: minisign public key ${id}\n${packed}\n`
}

/** Throws SignatureInvalid, with the reason. */
export function readPublicKey(text: string): PublicKey {
  const packed = decode(text.trim().split('\n').at(-1) ?? '', 2 + idBytes + keyBytes)
  if (packed === undefined || packed.toString('latin1', 0, 2) !== 'Ed')
    throw new SignatureInvalid('this is not a public key in minisign format')
  const raw = packed.subarray(2 + idBytes)
  return {
    id: idOf(packed.subarray(2, 2 + idBytes)),
    key: createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' }),
  }
}

const digest = (signed: Uint8Array): Buffer => createHash('blake2b512').update(signed).digest()

/** The text of the `.minisig` file. The trusted comment is one line. */
export function signatureText(signed: Uint8Array, secret: SecretKey, trustedComment: string): string {
  const signature = sign(null, digest(signed), secret.key)
  const packed = Buffer.concat([Buffer.from('ED'), idToBytes(secret.id), signature]).toString('base64')
  const whole = sign(null, Buffer.concat([signature, Buffer.from(trustedComment)]), secret.key).toString('base64')
  return `untrusted comment: signature by Sheaf release key ${secret.id}\n${packed}\ntrusted comment: ${trustedComment}\n${whole}\n`
}

/** By whom a signature claims to be; proves nothing. Throws SignatureInvalid when it is none. */
export const signerOf = (text: string): string => parse(text).keyId

/** Throws SignatureInvalid, with the reason, unless this key signed these bytes and this comment. */
export function verifySignature(signed: Uint8Array, text: string, { id, key }: PublicKey): Signature {
  const { keyId, signature, trustedComment, whole } = parse(text)
  if (keyId !== id) throw new SignatureInvalid(`it is signed by the key ${keyId}, not by ${id}`)
  if (!verify(null, digest(signed), key, signature)) throw new SignatureInvalid(`what is signed is not what the key ${id} signed`)
  if (!verify(null, Buffer.concat([signature, Buffer.from(trustedComment)]), key, whole))
    throw new SignatureInvalid(`the comment of the signature is not the one that the key ${id} signed`)
  return { keyId, trustedComment }
}

function parse(text: string): { keyId: string; signature: Buffer; trustedComment: string; whole: Buffer } {
  const [untrusted = '', first = '', trusted = '', second = ''] = text.split('\n')
  const packed = decode(first, 2 + idBytes + signatureBytes)
  const whole = decode(second, signatureBytes)
  const isWhole = untrusted.startsWith('untrusted comment: ') && trusted.startsWith(trustedHead)
  if (!isWhole || packed === undefined || whole === undefined)
    throw new SignatureInvalid('the signature is not in minisign format')
  if (packed.toString('latin1', 0, 2) !== 'ED')
    throw new SignatureInvalid(
      'the signature is of the older kind, without a digest; sign it with: sheaf release build, or minisign -H',
    )
  return {
    keyId: idOf(packed.subarray(2, 2 + idBytes)),
    signature: packed.subarray(2 + idBytes),
    trustedComment: trusted.slice(trustedHead.length),
    whole,
  }
}

const trustedHead = 'trusted comment: '

/** Undefined unless it is base64 of exactly that many bytes. */
function decode(text: string, bytes: number): Buffer | undefined {
  const decoded = Buffer.from(text.trim(), 'base64')
  return decoded.length === bytes ? decoded : undefined
}
