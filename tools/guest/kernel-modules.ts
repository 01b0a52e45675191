// Picks the kernel modules that the guest needs, in the order in which they can be loaded.

import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { GuestBuildFailed, type RunCommand } from './distribution.ts'

export interface KernelModule {
  name: string
  /** Given to the module when it is loaded. */
  parameters: string
  content: Buffer
}

// Scanning SCSI at once, so that a seed on a SCSI cdrom is there when its module has been loaded.
const parametersOf: Readonly<Record<string, string>> = { scsi_mod: 'scan=sync' }

// Without these there is no guest worth its name. What a kernel has built in need not be loaded.
const required = ['virtio_pci', 'virtio_blk', 'virtio_net', 'isofs']

// Without these something is missing (named at the right), but the guest runs.
const welcome = [
  'virtio_mmio', // microvm
  'pvpanic-mmio', // the panic device on the ISA bus
  'pvpanic-pci',
  'button', // the power button
  'evdev', // how acpid hears of it
  'virtio_scsi',
  'sd_mod',
  'sr_mod', // cdrom
  'virtio-rng',
  'virtio_balloon',
]

/** Reads `<root>/lib/modules/<version>` (or below usr) and gives the wanted modules with all that they depend on. */
export async function pickModules(moduleFolder: string, run: RunCommand, more: readonly string[] = []): Promise<KernelModule[]> {
  const builtIn = new Set((await readFile(join(moduleFolder, 'modules.builtin'), 'utf8')).split('\n').map(moduleName))
  const files = await findModules(moduleFolder)
  const absent = required.map(moduleName).filter((name) => !files.has(name) && !builtIn.has(name))
  if (absent.length > 0)
    throw new GuestBuildFailed(
      `The kernel in ${basename(moduleFolder)} has no ${absent.join(', ')}: install linux-image-cloud-amd64's like and try again.`,
    )

  const picked = new Map<string, KernelModule>()
  const pick = async (wanted: string): Promise<void> => {
    const name = moduleName(wanted)
    const file = files.get(name)
    if (file === undefined || picked.has(name)) return
    const content = await readModule(file, run)
    for (const dependency of dependenciesOf(content)) await pick(dependency)
    picked.set(name, { name, parameters: parametersOf[name] ?? '', content })
  }
  for (const wanted of [...required, ...welcome, ...more]) await pick(wanted)
  return [...picked.values()]
}

/** The file says pvpanic-mmio.ko.xz where the kernel says pvpanic_mmio. */
function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_')
}

async function findModules(folder: string): Promise<Map<string, string>> {
  const paths = await readdir(join(folder, 'kernel'), { recursive: true })
  return new Map(
    paths.filter((path) => /\.ko(\.\w+)?$/.test(path)).map((path) => [moduleName(path), join(folder, 'kernel', path)]),
  )
}

/** Newer distributions pack each module; busybox loads only plain ones. */
async function readModule(file: string, run: RunCommand): Promise<Buffer> {
  if (file.endsWith('.zst')) return zstdDecompressSync(await readFile(file))
  if (!file.endsWith('.xz')) return await readFile(file)
  await run('xz', ['--decompress', '--keep', '--force', file])
  return await readFile(file.slice(0, -'.xz'.length))
}

/** A module names what it needs in its .modinfo section: `depends=a,b`. */
function dependenciesOf(module: Buffer): string[] {
  return /\0depends=([^\0]*)\0/.exec(module.toString('latin1'))?.[1]?.split(',').filter(Boolean) ?? []
}
