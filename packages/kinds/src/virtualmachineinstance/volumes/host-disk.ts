// A file of this machine as a guest's disk. Only where the administrator opened the gate: whoever may write machines may
// then name any file that the server may use, but for the server's own.

import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { bytesOf, type VirtualMachineInstance } from '@sheaf/api'
import type { DiskSource } from '@sheaf/qemu'
import type { MachinePorts } from '../../ports.ts'
import { cannotMount } from './missing.ts'

type HostDisk = NonNullable<NonNullable<VirtualMachineInstance['spec']['volumes']>[number]['hostDisk']>

export async function hostDiskOf(
  volume: string,
  { capacity, path, type }: HostDisk,
  { privateFolder }: Pick<MachinePorts, 'privateFolder'>,
): Promise<DiskSource> {
  if (!isAbsolute(path)) throw cannotMount(volume, `hostDisk path ${path} is not absolute`)
  const folder = await realpath(dirname(path)).catch(() => undefined)
  if (folder === undefined) throw cannotMount(volume, `hostPath type check failed: ${dirname(path)} is not a directory`)
  const named = join(folder, basename(path))
  const file = await realpath(named).catch(() => undefined)
  const own = privateFolder === undefined ? undefined : await realpath(privateFolder)
  if (own !== undefined && `${file ?? named}/`.startsWith(`${own}/`))
    throw cannotMount(volume, `${path} lies in the server's own folder ${own}; give it a place elsewhere`)
  if (file === undefined) return created(volume, named, type, capacity)
  const isFile = (await stat(file)).isFile()
  if (!isFile) throw cannotMount(volume, `hostPath type check failed: ${path} is not a file`)
  return { kind: 'file', path: file, format: 'raw' }
}

/** The capacity counts only for a file that is not there yet. */
function created(volume: string, path: string, type: string, capacity: string | undefined): DiskSource {
  if (type !== 'DiskOrCreate') throw cannotMount(volume, `hostPath type check failed: ${path} is not a file`)
  const createBytes = Number(bytesOf(capacity ?? 0))
  if (createBytes <= 0) throw cannotMount(volume, `${path} is to be made, and the hostDisk says no capacity`)
  return { kind: 'file', path, format: 'raw', createBytes }
}
