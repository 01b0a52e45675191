import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  generateKeys,
  publicKeyOf,
  publicKeyText,
  readPublicKey,
  readSecretKey,
  SignatureInvalid,
  signatureText,
  signerOf,
  verifySignature,
} from './minisign.ts'

const keys = generateKeys()
const secret = readSecretKey(keys.secretFile)
const open = readPublicKey(keys.publicFile)
const signed = Buffer.from('what was signed')
const signature = signatureText(signed, secret, 'release 1.1.0')

describe('a signature', () => {
  it('holds for what was signed, by whom, with its comment', () => {
    expect(verifySignature(signed, signature, open)).toEqual({ keyId: keys.id, trustedComment: 'release 1.1.0' })
    expect(signerOf(signature)).toBe(keys.id)
  })

  it('does not hold for anything else, and says why', () => {
    const other = readPublicKey(generateKeys().publicFile)
    const sameId = { ...other, id: keys.id }
    const comment = signature.replace('release 1.1.0', 'release 9.9.9')
    for (const [bytes, text, key, words] of [
      [Buffer.from('what was not'), signature, open, 'not what the key'],
      [signed, signature, other, `signed by the key ${keys.id}`],
      [signed, signature, sameId, 'not what the key'],
      [signed, comment, open, 'the comment'],
      [signed, 'nonsense', open, 'not in minisign format'],
      [signed, '', open, 'not in minisign format'],
    ] as const) {
      expect(() => verifySignature(bytes, text, key)).toThrow(SignatureInvalid)
      expect(() => verifySignature(bytes, text, key)).toThrow(words)
    }
  })

  it('is no key, and a key is no signature', () => {
    expect(() => readPublicKey(signature)).toThrow(SignatureInvalid)
    expect(() => readSecretKey(keys.publicFile)).toThrow('sheaf release keygen')
  })

  it('the public key can be had from the secret one', () => {
    expect(publicKeyText(publicKeyOf(secret))).toBe(keys.publicFile)
  })
})

describe('RE3 minisign itself', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sheaf-minisign-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const minisign = (...args: string[]): string =>
    execFileSync('minisign', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

  it('accepts our signatures with our keys', () => {
    writeFileSync(join(folder, 'ours'), signed)
    writeFileSync(join(folder, 'ours.minisig'), signature)
    writeFileSync(join(folder, 'ours.pub'), keys.publicFile)
    expect(minisign('-V', '-p', 'ours.pub', '-m', 'ours')).toContain('Trusted comment: release 1.1.0')
    writeFileSync(join(folder, 'ours'), 'what was not')
    expect(() => minisign('-V', '-p', 'ours.pub', '-m', 'ours')).toThrow()
  })

  it('makes signatures and keys that we accept', () => {
    minisign('-G', '-W', '-p', 'theirs.pub', '-s', 'theirs.sec')
    writeFileSync(join(folder, 'theirs'), signed)
    minisign('-S', '-s', 'theirs.sec', '-m', 'theirs', '-t', 'theirs')
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
    const key = readPublicKey(read('theirs.pub'))
    // It prints the id as a number, without the zeros that it may begin with.
    expect(read('theirs.pub')).toContain(` ${key.id.replace(/^0+/, '')}\n`)
    expect(verifySignature(signed, read('theirs.minisig'), key)).toEqual({ keyId: key.id, trustedComment: 'theirs' })
  })
})
