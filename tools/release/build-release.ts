// Makes the ISO of a release from this checkout.
//
//   sheaf release build --version V --key FILE --out FILE.iso

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { manifestText, type ManifestFile } from '../../packages/server/src/release/manifest.ts'
import { metadataText, type ReleaseMetadata } from '../../packages/server/src/release/metadata.ts'
import { readSecretKey, type SecretKey, signatureText } from '../../packages/server/src/release/minisign.ts'
import { supervisorVersion } from '../../packages/server/src/supervisor/protocol.ts'
import { readBootParts } from '../guest/boot-parts.ts'
import { packageCache } from '../guest/build-guest.ts'
import { type Log, runCommand, unpackPackages, withProgress } from '../guest/distribution.ts'
import { writeInitramfs } from '../guest/initramfs.ts'
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
  const initramfs = await writeInitramfs(join(import.meta.dirname, 'rootfs'), busybox, modules)
  await writeBootTree(tree, { bzImage, initramfs })
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

if (import.meta.main) {
  const [version = '', key = '', output = ''] = process.argv.slice(2)
  await buildRelease({
    version,
    knownRisks: [],
    migrations: [],
    notes: { en: 'x', zh: 'x' },
    releaseDate: new Date(1_700_000_000_000),
    key: readSecretKey(await readFile(key, 'utf8')),
    output: resolve(output),
    log: (line) => console.error(line),
  })
}
