// Builds the small guest: a Linux that starts in two seconds under emulation, answers HTTP and obeys the power button. It
// is for demonstrations and tests. Everything in it comes from the machine's distribution and from this folder.
//
//   node tools/guest/build-guest.ts --out DIR [--cache DIR]

import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { agentEntries, agentModules } from './agent-parts.ts'
import { diskPackages, missingDiskTools, writeBootableDisk } from './bootable-disk.ts'
import type { CpioEntry } from './cpio-archive.ts'
import { GuestBuildFailed, type Log, type RunCommand, runCommand, unpackPackages, withProgress } from './distribution.ts'
import { readBootParts } from './boot-parts.ts'
import { describeFile, findIntactImage, type GuestImage, writeImageManifest } from './guest-image.ts'
import { guestRootfs, writeInitramfs } from './initramfs.ts'
import { uncompressKernel } from './uncompressed-kernel.ts'

export const guestReference = 'sheaf.local/guest:latest'
/** The same guest with QEMU's guest agent in it: for tests. */
export const agentGuestReference = 'sheaf.local/guest-agent:latest'

export interface GuestBuild {
  /** Becomes the image's folder: `<data>/images/sheaf.local/guest/latest`. What was there is replaced in one step. */
  outputFolder: string
  /** Downloaded packages stay here for the next build. */
  cacheFolder: string
  log: Log
  /** With QEMU's guest agent, and without a disk that boots by itself. */
  withAgent?: boolean
  /** Runs the distribution's tools. */
  run?: RunCommand
}

/** Makes sure that the image is there. An intact one is left as it is. Throws GuestBuildFailed when it cannot be built. */
export async function buildGuest({
  outputFolder,
  cacheFolder,
  log,
  withAgent = false,
  run = runCommand,
}: GuestBuild): Promise<GuestImage> {
  const recipe = await readRecipe()
  const missing = withAgent ? [] : await missingDiskTools(run)
  const existing = await findIntactImage(outputFolder)
  const hasAllDisks = (withAgent || existing?.files.some((file) => file.path === diskPath)) ?? false
  if (existing?.recipe === recipe && (hasAllDisks || missing.length > 0)) return existing

  if (process.arch !== 'x64')
    throw new GuestBuildFailed(`The guest is an x86-64 Linux; this machine is ${process.arch}. Build it on an x86-64 machine.`)
  await mkdir(dirname(outputFolder), { recursive: true })
  // Beside the target, so that renaming does not cross file systems.
  const workFolder = await mkdtemp(join(dirname(outputFolder), `.${basename(outputFolder)}-`))
  try {
    const packages = await unpackPackages(run, cacheFolder, workFolder, log)
    const imageFolder = join(workFolder, 'image')
    const agent = withAgent ? await agentEntries(run, cacheFolder, workFolder, log) : undefined
    const kernelVersion = await writeBootFiles(packages, imageFolder, run, agent)
    const paths = [...kernelPaths]
    if (missing.length === 0 && !withAgent) {
      await withProgress(log, 'making the disk that boots by itself', writeDisk(imageFolder, workFolder, run))
      paths.push(diskPath)
    } else if (!withAgent)
      log(
        `without a disk that boots by itself, because ${missing.join(', ')} is missing here; to add it: apt-get install ${diskPackages}`,
      )
    const files = await Promise.all(paths.map((path) => describeFile(imageFolder, path)))
    const reference = withAgent ? agentGuestReference : guestReference
    const image: GuestImage = { reference, createdAt: new Date().toISOString(), kernelVersion, recipe, files }
    await writeImageManifest(imageFolder, image)
    await replaceFolder(imageFolder, outputFolder, join(workFolder, 'replaced'))
    return image
  } finally {
    await rm(workFolder, { recursive: true, force: true })
  }
}

const diskPath = 'disk/disk.img'

// `vmlinuz` is unpacked where that is possible: it starts faster. UEFI firmware only starts the `bzImage`.
const kernelPaths = ['boot/vmlinuz', 'boot/bzImage', 'boot/initramfs']

async function writeBootFiles(
  packages: string,
  imageFolder: string,
  run: RunCommand,
  agent: readonly CpioEntry[] | undefined,
): Promise<string> {
  const parts = await readBootParts(packages, run, agent === undefined ? [] : agentModules)
  const { kernelVersion, bzImage, busybox, modules } = parts
  await mkdir(join(imageFolder, 'boot'), { recursive: true })
  await writeFile(join(imageFolder, 'boot/vmlinuz'), uncompressKernel(bzImage) ?? bzImage)
  await writeFile(join(imageFolder, 'boot/bzImage'), bzImage)
  await writeFile(join(imageFolder, 'boot/initramfs'), await writeInitramfs(guestRootfs, busybox, modules, agent))
  return kernelVersion
}

async function writeDisk(imageFolder: string, workFolder: string, run: RunCommand): Promise<void> {
  await mkdir(join(imageFolder, 'disk'))
  const [bzImage, initramfs, disk] = ['boot/bzImage', 'boot/initramfs', diskPath].map((path) => join(imageFolder, path)) as [
    string,
    string,
    string,
  ]
  await writeBootableDisk(run, { bzImage, initramfs, disk, workFolder })
}

/** Renames twice, because a folder cannot be renamed onto another: a reader sees the old image, for a moment none, or the new. */
async function replaceFolder(from: string, to: string, aside: string): Promise<void> {
  await rename(to, aside).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await rename(from, to)
}

// Tests change nothing in the image.
const notInTheImage = /^boot-guest\.ts$|\.test\.ts$/

/** A digest of all that decides what the image holds, but for the packages: a new kernel alone is no reason to build again. */
async function readRecipe(): Promise<string> {
  const folder = import.meta.dirname
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && !notInTheImage.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  for (const path of paths.toSorted()) hash.update(path.slice(folder.length)).update(await readFile(path))
  return hash.digest('hex').slice(0, 16)
}

/** Downloaded packages are kept where the user's other programs keep theirs. */
export function packageCache(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sheaf', 'guest')
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string' }, cache: { type: 'string' } } })
  if (values.out === undefined)
    throw new GuestBuildFailed('Where should the guest image go? Say: node tools/guest/build-guest.ts --out DIR')
  const cacheFolder = values.cache ?? packageCache()
  const image = await buildGuest({
    outputFolder: resolve(values.out),
    cacheFolder: resolve(cacheFolder),
    log: (line) => console.error(line),
  })
  console.log(`${image.reference} (kernel ${image.kernelVersion}) is in ${values.out}`)
  for (const file of image.files) console.log(`  ${file.path}  ${(file.sizeBytes / 1e6).toFixed(1)} MB`)
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    for (let cause = error; cause instanceof Error; cause = cause.cause) console.error(cause.message)
    process.exitCode = 1
  })
}
