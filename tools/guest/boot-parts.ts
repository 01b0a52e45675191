// What a small Linux boots from, out of the distribution's packages: kernel, modules, busybox.

import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { GuestBuildFailed, type RunCommand } from './distribution.ts'
import { type KernelModule, pickModules } from './kernel-modules.ts'

export interface BootParts {
  kernelVersion: string
  bzImage: Buffer
  modules: readonly KernelModule[]
  busybox: Buffer
}

/** From the folder that the packages were unpacked into. */
export async function readBootParts(packages: string, run: RunCommand): Promise<BootParts> {
  const boot = join(packages, 'boot')
  const kernelName = (await readdir(boot)).find((name) => name.startsWith('vmlinuz-'))
  if (kernelName === undefined)
    throw new GuestBuildFailed(`The kernel package holds no boot/vmlinuz-*: it cannot be used for the guest.`)
  const kernelVersion = kernelName.slice('vmlinuz-'.length)
  return {
    kernelVersion,
    bzImage: await readFile(join(boot, kernelName)),
    modules: await pickModules(await firstFolder(`lib/modules/${kernelVersion}`, packages), run),
    busybox: await readFile(join(await firstFolder('bin', packages), 'busybox')),
  }
}

/** Newer packages put under /usr what older ones put under /. */
async function firstFolder(path: string, root: string): Promise<string> {
  const plain = join(root, path)
  return await stat(plain).then(
    () => plain,
    () => join(root, 'usr', path),
  )
}
