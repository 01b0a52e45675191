// Makes a disk that boots by itself from BIOS and UEFI, as a disk or as a cdrom, without root and without mounting: GRUB's
// rescue image is an ISO 9660 volume with a boot sector, an El Torito entry and an EFI partition at the same time.

import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunCommand } from './distribution.ts'
import { guestKernelArguments } from './kernel-arguments.ts'

// Found on Debian and Ubuntu: where the packages grub-pc-bin and grub-efi-amd64-bin put what they bring.
const grubPlatforms = ['/usr/lib/grub/i386-pc', '/usr/lib/grub/x86_64-efi']

export const diskPackages = 'grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools'

/** Empty when a disk can be made here; otherwise what is missing. */
export async function missingDiskTools(run: RunCommand): Promise<string[]> {
  const tools = ['grub-mkrescue', 'xorriso', 'mformat'].map(async (tool) =>
    (await succeeds(run(tool, ['--version']))) ? [] : [tool],
  )
  const platforms = grubPlatforms.map(async (folder) => ((await succeeds(stat(folder))) ? [] : [folder]))
  return (await Promise.all([...tools, ...platforms])).flat()
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return await work.then(
    () => true,
    () => false,
  )
}

// Only what the menu below needs; all of GRUB's modules would make the image 10 MB larger.
const grubModules = 'linux normal serial terminal iso9660 part_msdos part_gpt fat search test echo all_video'

const grubMenu = `serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set timeout=0
menuentry guest {
  linux /boot/vmlinuz ${guestKernelArguments}
  initrd /boot/initramfs
}
`

export async function writeBootableDisk(
  run: RunCommand,
  paths: { bzImage: string; initramfs: string; disk: string; workFolder: string },
): Promise<void> {
  const tree = join(paths.workFolder, 'disk-tree')
  await mkdir(join(tree, 'boot/grub'), { recursive: true })
  await copyFile(paths.bzImage, join(tree, 'boot/vmlinuz'))
  await copyFile(paths.initramfs, join(tree, 'boot/initramfs'))
  await writeFile(join(tree, 'boot/grub/grub.cfg'), grubMenu)
  const trimmed = [`--install-modules=${grubModules}`, '--fonts=', '--locales=', '--themes=']
  await run('grub-mkrescue', [...trimmed, '-o', paths.disk, tree, '--', '-volid', 'SHEAF_GUEST'])
}
