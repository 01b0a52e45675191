// `sheaf release keygen | inspect | verify`. Building one needs the sources: tools/release.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { UsageError } from '../options.ts'
import { IsoUnreadable } from './iso-files.ts'
import { generateKeys, type PublicKey, readPublicKey, SignatureInvalid } from './minisign.ts'
import { inspectRelease, type Release, ReleaseRefused, verifyRelease } from './verify-release.ts'

type Output = 'text' | 'json'

/** 0: it holds. 1: it does not, or it could not be done. Throws UsageError. */
export async function releaseCommand(words: readonly string[]): Promise<number> {
  const [verb = '', ...rest] = words
  switch (verb) {
    case 'keygen':
      return keygen(rest)
    case 'inspect':
    case 'verify':
      return look(verb, rest)
    default:
      throw new UsageError(`sheaf release knows keygen, build, inspect and verify, not "${verb}"\nSee: sheaf release --help`)
  }
}

const say = (text: string): void => void process.stdout.write(text)

function keygen(words: readonly string[]): number {
  const { values } = flags(words, { out: { type: 'string' } } as const)
  if (values.out === undefined) throw new UsageError('where should the keys go? sheaf release keygen --out DIR')
  const folder = resolve(values.out)
  const [secretPath, publicPath] = [join(folder, 'release.key'), join(folder, 'release.pub')]
  for (const path of [secretPath, publicPath]) {
    if (!existsSync(path)) continue
    say(
      `${path} is there already and is left as it is: whoever trusts that key would trust a new one no more. Name another folder.\n`,
    )
    return 1
  }
  mkdirSync(folder, { recursive: true })
  const { id, publicFile, secretFile } = generateKeys()
  writeFileSync(secretPath, secretFile, { mode: 0o600, flag: 'wx' })
  writeFileSync(publicPath, publicFile, { flag: 'wx' })
  say(`Key ${id}.
  ${secretPath}   signs releases. Keep it off the machines that install them, and keep a copy: it cannot be made again.
  ${publicPath}   is for everybody who is to trust them: sheaf install --pub ${publicPath}
`)
  return 0
}

async function look(verb: 'inspect' | 'verify', words: readonly string[]): Promise<number> {
  const options = { pub: { type: 'string', multiple: true }, output: { type: 'string', short: 'o' } } as const
  const { values, positionals } = flags(words, options, true)
  const [iso, ...more] = positionals
  if (iso === undefined || more.length > 0 || values.pub === undefined)
    throw new UsageError(`what, and by whose key? sheaf release ${verb} FILE.iso --pub FILE.pub`)
  const output = outputOf(values.output)
  try {
    const trusted = values.pub.map(keyIn)
    const release =
      verb === 'verify' ? await verifyRelease(iso, { trusted, onProgress: progress() }) : await inspectRelease(iso, trusted)
    say(output === 'json' ? `${JSON.stringify(described(release, verb), undefined, 2)}\n` : textOf(release, verb))
    return 0
  } catch (error) {
    const problem = problemOf(error)
    if (problem === undefined) throw error
    say(output === 'json' ? `${JSON.stringify(problem)}\n` : `REFUSED (${problem.problem}): ${problem.message}\n`)
    return 1
  }
}

function keyIn(path: string): PublicKey {
  try {
    return readPublicKey(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new UsageError(`${path} cannot be used as a public key: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

function problemOf(error: unknown): { problem: string; message: string } | undefined {
  if (error instanceof ReleaseRefused) return { problem: error.problem, message: error.message }
  if (error instanceof IsoUnreadable) return { problem: 'unreadable', message: error.message }
  return error instanceof SignatureInvalid ? { problem: 'invalid-signature', message: error.message } : undefined
}

function described({ metadata, files, keyId }: Release, verb: 'inspect' | 'verify'): object {
  return { ...metadata, signedBy: keyId, filesVerified: verb === 'verify', files }
}

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

function textOf({ metadata, files, keyId }: Release, verb: 'inspect' | 'verify'): string {
  const { version, releaseDate, expires, minUpgradableVersion, knownRisks, migrations, payload } = metadata
  const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const whole = verb === 'verify' ? 'every file is the one that was signed' : 'not looked at; use: sheaf release verify'
  const rows = [
    ['version', version],
    ['released', releaseDate],
    ['expires', expires ?? 'never'],
    ['upgradable from', minUpgradableVersion ?? 'any version'],
    ['signed by', `${keyId}, which is trusted`],
    ['files', `${files.length}, ${mib(bytes)}: ${whole}`],
    ['unpacked', `${mib(payload.unpackedBytes)} in ${payload.unpackedFiles} files`],
    ['migrations', migrations.join(', ') || 'none'],
    ...knownRisks.map(({ id, summary, mend }) => [`risk ${id}`, `${summary} ${mend}`]),
  ]
  return rows.map(([name = '', value = '']) => `${name.padEnd(16)} ${value}\n`).join('')
}

/** Nothing where nobody looks: a log does not want it. */
function progress(): (done: number, of: number) => void {
  let shown = -1
  return (done, of) => {
    const percent = of === 0 ? 100 : Math.floor((done / of) * 100)
    if (!process.stderr.isTTY || percent === shown) return
    shown = percent
    process.stderr.write(percent === 100 ? '\r\u001b[K' : `\rchecking ${percent} %`)
  }
}

function outputOf(text: string | undefined): Output {
  if (text === undefined || text === 'text') return 'text'
  if (text === 'json') return 'json'
  throw new UsageError(`--output is text or json, not "${text}"`)
}

type Flags = NonNullable<Parameters<typeof parseArgs>[0]>['options']

function flags<T extends NonNullable<Flags>>(words: readonly string[], options: T, allowPositionals = false) {
  try {
    return parseArgs({ args: [...words], strict: true, allowPositionals, options })
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nSee: sheaf release --help`)
  }
}
