// What the guest is made of, fetched from the machine's own distribution: packages, and the commands that handle them.

import { execFile } from 'node:child_process'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Runs a command to its end and gives its standard output. The tests put their own in its place. */
export type RunCommand = (command: string, args: readonly string[], workFolder?: string) => Promise<string>

export type Log = (line: string) => void

/** The guest cannot be built here; the message says why, and what to do. */
export class GuestBuildFailed extends Error {
  override readonly name = 'GuestBuildFailed'
}

// dpkg-deb and apt print little; grub-mkrescue can print a page.
const outputLimitBytes = 4 * 1024 * 1024

// Anything that takes longer than this says every so often that it is still at work.
const progressIntervalMs = 2_000

export const runCommand: RunCommand = (command, args, workFolder) =>
  new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { cwd: workFolder, maxBuffer: outputLimitBytes, env: { ...process.env, LC_ALL: 'C' } },
      (error, output, errors) => {
        if (error === null) resolve(output)
        else if (error.code === 'ENOENT') reject(new Error(`${command} is not installed`, { cause: error }))
        else reject(new Error(`${command} ${args.join(' ')} failed: ${lastLines(errors)}`, { cause: error }))
      },
    )
  })

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' / ') || 'it gave no reason'
}

/** Logs what is being done at once, and again while it lasts. */
export async function withProgress<T>(log: Log, what: string, work: Promise<T>, measure?: () => Promise<string>): Promise<T> {
  log(what)
  const startedAt = Date.now()
  const sayAgain = async () => log(`${what}: ${(await measure?.()) ?? ''}${Math.round((Date.now() - startedAt) / 1000)} s so far`)
  const timer = setInterval(() => void sayAgain(), progressIntervalMs)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

// Debian's cloud kernel is the smallest; Ubuntu's kernels for virtual machines come next. The general ones work as well.
const kernelCandidates = [
  'linux-image-cloud-amd64',
  'linux-image-kvm',
  'linux-image-virtual',
  'linux-image-generic',
  'linux-image-amd64',
]

/** Fetches the kernel's packages and busybox, and unpacks them all into one folder, which it returns. */
export async function unpackPackages(run: RunCommand, cacheFolder: string, workFolder: string, log: Log): Promise<string> {
  const packages = [...(await resolveKernelPackages(run)), 'busybox-static']
  const downloads = join(cacheFolder, 'packages', packages[0] ?? 'kernel')
  const root = join(workFolder, 'packages')
  await fetchPackages(run, packages, downloads, log)
  await unpackInto(run, downloads, root, log)
  return root
}

/** Unless they are all there from an earlier time. */
export async function fetchPackages(run: RunCommand, packages: readonly string[], downloads: string, log: Log): Promise<void> {
  await mkdir(downloads, { recursive: true })
  if ((await debFiles(downloads)).length < packages.length) await download(run, packages, downloads, log)
}

export async function unpackInto(run: RunCommand, downloads: string, root: string, log: Log): Promise<void> {
  await mkdir(root, { recursive: true })
  for (const file of await debFiles(downloads))
    await withProgress(log, `unpacking ${file}`, run('dpkg-deb', ['-x', file, root], downloads))
}

/** A package like linux-image-virtual only points to the real ones; on Ubuntu these keep modules in packages of their own. */
export async function resolveKernelPackages(run: RunCommand): Promise<string[]> {
  let lastError: unknown
  for (const candidate of kernelCandidates) {
    try {
      const image = (await kernelDependencies(run, candidate))[0]
      if (image === undefined) continue
      return [image, ...(await kernelDependencies(run, image))]
    } catch (error) {
      lastError = error
    }
  }
  throw new GuestBuildFailed(
    `No kernel package for a guest was found (tried ${kernelCandidates.join(', ')}). The guest is made of packages of Debian or Ubuntu for x86-64: ` +
      'build it on such a machine (run `apt-get update` first if it is new), then copy the image folder here.',
    { cause: lastError },
  )
}

async function kernelDependencies(run: RunCommand, name: string): Promise<string[]> {
  const output = await run('apt-cache', ['depends', name])
  return [...output.matchAll(/^ *\|?Depends: (linux-(?:image|modules)-\S+)/gm)].map((match) => match[1] ?? '')
}

async function download(run: RunCommand, packages: readonly string[], folder: string, log: Log): Promise<void> {
  // Renamed when all are there, so that an interrupted download is never taken for a whole one.
  const partial = `${folder}.partial`
  const fetched = async () => `${((await folderSize(partial)) / 1e6).toFixed(1)} MB, `
  try {
    await rm(partial, { recursive: true, force: true })
    await mkdir(partial)
    await withProgress(log, `downloading ${packages.join(', ')}`, run('apt-get', ['download', ...packages], partial), fetched)
    await rm(folder, { recursive: true, force: true })
    await rename(partial, folder)
  } catch (error) {
    throw new GuestBuildFailed(
      `The packages of the guest could not be downloaded (${packages.join(', ')}). Run \`apt-get update\` and look at the network, or put the ` +
        `.deb files into ${folder} yourself; then try again.`,
      { cause: error },
    )
  }
}

async function debFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.deb')).sort()
}

async function folderSize(folder: string): Promise<number> {
  const names = await readdir(folder)
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (file) => file.size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
