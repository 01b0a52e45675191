// Makes the ISO of a release from this checkout.
//
//   sheaf release build --version V --key FILE --out FILE.iso

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { migrationNames } from '../../packages/api/src/migration/migrations.ts'
import { manifestText, type ManifestFile } from '../../packages/server/src/release/manifest.ts'
import { metadataText, type ReleaseMetadata } from '../../packages/server/src/release/metadata.ts'
import { readSecretKey, type SecretKey, signatureText } from '../../packages/server/src/release/minisign.ts'
import { supervisorVersion } from '../../packages/server/src/supervisor/protocol.ts'
import { isVersion } from '../../packages/upgrade/src/version.ts'
import { readBootParts } from '../guest/boot-parts.ts'
import type { CpioEntry } from '../guest/cpio-archive.ts'
import { packageCache } from '../guest/build-guest.ts'
import { type Log, runCommand, unpackPackages, withProgress } from '../guest/distribution.ts'
import { filesBelow, guestRootfs, writeInitramfs } from '../guest/initramfs.ts'
import { packPayload, stagePayload } from './payload.ts'
import { writeBootTree, writeIso } from './release-iso.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface ReleaseBuild extends Pick<ReleaseMetadata, 'version' | 'knownRisks' | 'migrations' | 'notes'> {
  minUpgradableVersion?: string
  expires?: string
  /** Also the time of every file in it. */
  releaseDate: Date
  key: SecretKey
  output: string
  log: Log
}

export async function buildRelease({ output, log, key, releaseDate, ...said }: ReleaseBuild): Promise<void> {
  await mkdir(dirname(output), { recursive: true })
  // Beside the target, so that it can be renamed into place when it is whole.
  const workFolder = await mkdtemp(join(dirname(output), '.release-'))
  try {
    const tree = join(workFolder, 'tree')
    await mkdir(tree)
    const staged = join(workFolder, 'payload')
    await withProgress(log, 'building the program', stagePayload(root, staged))
    const archive = 'payload.tar.zst'
    const payload = await withProgress(log, 'packing the program', packPayload(staged, join(tree, archive)))
    await withProgress(log, 'making the system that serves it', writeAppliance(tree, workFolder, log))
    const metadata: ReleaseMetadata = {
      ...said,
      releaseDate: releaseDate.toISOString(),
      minSupervisorVersion: supervisorVersion,
      payload: { path: archive, ...payload },
    }
    await writeFile(join(tree, 'release.yaml'), metadataText(metadata))
    // Under the name by which Harvester's probe asks for it.
    await writeFile(
      join(tree, 'harvester-release.yaml'),
      `harvester: ${said.version}\nminUpgradableVersion: "${said.minUpgradableVersion ?? ''}"\n`,
    )
    await sign(tree, said.version, key)
    const iso = join(workFolder, 'release.iso')
    await withProgress(log, 'writing the ISO', writeIso(tree, iso, releaseDate))
    await rename(iso, output)
  } finally {
    await rm(workFolder, { recursive: true, force: true })
  }
}

async function writeAppliance(tree: string, workFolder: string, log: Log): Promise<void> {
  const packages = await unpackPackages(runCommand, packageCache(), workFolder, log)
  const { bzImage, busybox, modules } = await readBootParts(packages, runCommand)
  const initramfs = await writeInitramfs(join(import.meta.dirname, 'rootfs'), busybox, modules, await sharedScripts())
  await writeBootTree(tree, { bzImage, initramfs })
}

/** What it does as the small guest does: taking an address, obeying the power button. */
async function sharedScripts(): Promise<CpioEntry[]> {
  const shared = ['bin/lease', 'etc/acpi', 'etc/acpi/PWRF', 'etc/acpi/PWRF/00000080']
  return (await filesBelow(guestRootfs)).filter(({ path }) => shared.includes(path))
}

/** One signature over the list of all files and their digests. */
async function sign(tree: string, version: string, key: SecretKey): Promise<void> {
  const manifest = Buffer.from(manifestText(await describeFiles(tree)))
  await writeFile(join(tree, 'manifest'), manifest)
  await writeFile(join(tree, 'manifest.minisig'), signatureText(manifest, key, `sheaf release ${version}`))
}

async function describeFiles(tree: string): Promise<ManifestFile[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true })
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const file = join(entry.parentPath, entry.name)
        const hash = createHash('sha512')
        await pipeline(createReadStream(file), hash)
        return { path: file.slice(tree.length + 1), sizeBytes: (await stat(file)).size, sha512: hash.digest('hex') }
      }),
  )
}

/** Throws with a sentence for whoever typed them. */
async function readArguments(words: readonly string[]): Promise<ReleaseBuild> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...words],
    options: { version: text, key: text, out: text, 'min-upgradable': text, date: text, expires: text, notes: text },
  })
  const { version, key, out } = values
  if (version === undefined || key === undefined || out === undefined)
    throw new Error('say which version, signed by which key, into which file: --version V --key FILE --out FILE.iso')
  if (!isVersion(version)) throw new Error(`"${version}" is not a version such as 1.2.0`)
  const notes = values.notes ?? join(root, 'docs', 'release-notes')
  const said = (name: string): Promise<string> => readFile(join(notes, name), 'utf8')
  return {
    version,
    key: readSecretKey(await readFile(key, 'utf8')),
    output: resolve(out),
    releaseDate: timeIn('--date', values.date ?? (await lastCommitTime())),
    ...(values.expires === undefined ? {} : { expires: timeIn('--expires', values.expires).toISOString() }),
    ...(values['min-upgradable'] === undefined ? {} : { minUpgradableVersion: values['min-upgradable'] }),
    knownRisks: [],
    migrations: migrationNames,
    notes: { en: await said('en.md'), zh: await said('zh.md') },
    log: (line) => console.error(line),
  }
}

function timeIn(flag: string, text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new Error(`${flag} takes a time such as 2027-01-31T00:00:00Z, not "${text}"`)
  return time
}

/** The present time would make every build another one. */
async function lastCommitTime(): Promise<string> {
  return (await runCommand('git', ['log', '-1', '--format=%cI'], root)).trim()
}

if (import.meta.main) {
  try {
    const build = await readArguments(process.argv.slice(2))
    await buildRelease(build)
    console.log(`${build.output}: release ${build.version}, signed by ${build.key.id}`)
  } catch (error) {
    console.error(`sheaf: ${error instanceof Error ? error.message : String(error)}\nSee: sheaf release --help`)
    process.exitCode = 1
  }
}
