// QEMU's guest agent for the guest of its tests: the distribution's own program with the libraries that it loads.

import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CpioEntry } from './cpio-archive.ts'
import { fetchPackages, GuestBuildFailed, type Log, type RunCommand, unpackInto } from './distribution.ts'
import { filesBelow, firstThere } from './initramfs.ts'

export const agentRootfsFolder = join(import.meta.dirname, 'rootfs-agent')

/** The channel to the agent. */
export const agentModules = ['virtio_console']

const agentPackage = 'qemu-guest-agent'
/** Where libraries are looked for without any configuration, also in the guest. */
const libraryFolder = 'lib/x86_64-linux-gnu'
/** The program names it by this path. */
const loader = 'lib64/ld-linux-x86-64.so.2'

export async function agentEntries(run: RunCommand, cacheFolder: string, workFolder: string, log: Log): Promise<CpioEntry[]> {
  const downloads = join(cacheFolder, 'packages', agentPackage)
  const root = join(workFolder, 'agent')
  await fetchPackages(run, [agentPackage, ...(await librariesOf(run, agentPackage))], downloads, log)
  await unpackInto(run, downloads, root, log)
  const program = await firstThere(root, ['usr/sbin/qemu-ga', 'usr/bin/qemu-ga'])
  const folders = [libraryFolder, `usr/${libraryFolder}`].map((folder) => join(root, folder))
  const ownLoader = await firstThere(
    root,
    [libraryFolder, `usr/${libraryFolder}`].map((folder) => `${folder}/${basename(loader)}`),
  )
  // The unpacked loader itself says what the program needs, and where it found it among what was unpacked.
  const listed = await run(ownLoader, ['--library-path', folders.join(':'), '--list', program])
  const libraries = [...listed.matchAll(/=> (\S+) \(/g)].map((match) => match[1] ?? '').filter((path) => path.startsWith(root))
  if (libraries.length === 0) throw new GuestBuildFailed(`The libraries of ${program} were not found: the loader said ${listed}`)
  const file = async (path: string, from: string): Promise<CpioEntry> => ({
    kind: 'file',
    path,
    mode: 0o755,
    content: await readFile(from),
  })
  return [
    ...['lib64', libraryFolder].map((path) => ({ kind: 'folder', path }) satisfies CpioEntry),
    ...(await filesBelow(agentRootfsFolder)),
    await file('bin/qemu-ga', program),
    await file(loader, ownLoader),
    ...(await Promise.all(libraries.map((path) => file(join(libraryFolder, basename(path)), path)))),
  ]
}

/** The packages of libraries that a package needs, and those that these need. Programs that only its installation needs are not among them. */
async function librariesOf(run: RunCommand, name: string, known: Set<string> = new Set()): Promise<Set<string>> {
  const output = await run('apt-cache', ['depends', name])
  const needed = [...output.matchAll(/^ *\|?Depends: ((?:lib|zlib)\S+)/gm)].map((match) => match[1] ?? '')
  for (const each of needed) {
    if (known.has(each)) continue
    known.add(each)
    await librariesOf(run, each, known)
  }
  return known
}
