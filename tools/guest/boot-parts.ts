// What a small Linux boots from, out of the distribution's packages: kernel, modules, busybox.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GuestBuildFailed, type RunCommand } from './distribution.ts'
import { firstThere } from './initramfs.ts'
import { type KernelModule, pickModules } from './kernel-modules.ts'

export interface BootParts {
  kernelVersion: string
  bzImage: Buffer
  modules: readonly KernelModule[]
  busybox: Buffer
}

/** From the folder that the packages were unpacked into; with these modules beside the usual ones. */
export async function readBootParts(packages: string, run: RunCommand, moreModules: readonly string[] = []): Promise<BootParts> {
  const boot = join(packages, 'boot')
  const kernelName = (await readdir(boot)).find((name) => name.startsWith('vmlinuz-'))
  if (kernelName === undefined)
    throw new GuestBuildFailed(`The kernel package holds no boot/vmlinuz-*: it cannot be used for the guest.`)
  const kernelVersion = kernelName.slice('vmlinuz-'.length)
  const moduleFolder = await firstThere(packages, [`lib/modules/${kernelVersion}`, `usr/lib/modules/${kernelVersion}`])
  return {
    kernelVersion,
    bzImage: await readFile(join(boot, kernelName)),
    modules: await pickModules(moduleFolder, run, moreModules),
    busybox: await readFile(join(await firstThere(packages, ['bin', 'usr/bin']), 'busybox')),
  }
}
