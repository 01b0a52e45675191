// `sheaf doctor`: what this machine lacks, and the command that mends it.

import { statfsSync } from 'node:fs'
import { totalmem } from 'node:os'
import { chooseAccelerator, type HostFinding, inspectHost } from '@sheaf/qemu'
import { openDataFolder } from './data-folder.ts'
import { findLocalImage } from './image-library.ts'
import type { ServerOptions } from './options.ts'

/** Below this a handful of small guests fills the disk. */
const fewDiskBytes = 2 * 1024 ** 3
/** The server takes 150 MB; a small guest 300 MB under emulation. */
const fewMemoryBytes = 1024 ** 3
const guestReference = 'sheaf.local/guest:latest'

export async function doctor(options: Pick<ServerOptions, 'dataFolder' | 'accelerator'>): Promise<number> {
  const folder = openDataFolder(options.dataFolder)
  const host = await inspectHost()
  const canRun = host.every(({ ok }) => ok) || host.some(({ what, ok }) => what === 'qemu-system-x86_64' && ok)
  const force = options.accelerator === undefined ? {} : { force: options.accelerator }
  const findings: HostFinding[] = [
    ...host,
    ...(canRun ? [acceleratorFinding(await chooseAccelerator({ cacheFile: folder.accelerator, ...force }))] : []),
    diskFinding(folder.root),
    memoryFinding(),
    await imageFinding(folder.images),
  ]
  for (const { what, ok, detail, mend } of findings) {
    process.stdout.write(`${ok ? 'ok     ' : 'lacking'}  ${what}: ${detail}\n`)
    if (!ok && mend !== undefined) process.stdout.write(`         mend it with: ${mend}\n`)
  }
  return host.filter(({ what }) => what.startsWith('qemu')).every(({ ok }) => ok) ? 0 : 1
}

function acceleratorFinding({ kind, reason }: { kind: string; reason: string }): HostFinding {
  const ok = kind === 'kvm'
  return {
    what: 'hardware acceleration',
    ok,
    detail: ok ? 'guests run under KVM' : `guests are emulated, many times slower: ${reason}`,
  }
}

function diskFinding(root: string): HostFinding {
  const { bavail, bsize } = statfsSync(root)
  const free = bavail * bsize
  return {
    what: 'disk',
    ok: free >= fewDiskBytes,
    detail: `${gib(free)} free at ${root}`,
    mend: 'free some space, or set SHEAF_DATA to a folder on another disk',
  }
}

function memoryFinding(): HostFinding {
  return { what: 'memory', ok: totalmem() >= fewMemoryBytes, detail: gib(totalmem()) }
}

async function imageFinding(images: string): Promise<HostFinding> {
  const found = await findLocalImage(images, guestReference)
  return {
    what: 'guest image',
    ok: found !== undefined,
    detail: found ?? `${guestReference} is not in ${images}`,
    mend: 'npm run prepare-machine',
  }
}

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`
