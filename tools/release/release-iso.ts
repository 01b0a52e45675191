// The medium of a release: boots by itself from BIOS and UEFI, and holds what it serves. Made twice of the same files it is the
// same to the byte.

import { mkdir, open, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { guestKernelArguments } from '../guest/kernel-arguments.ts'
import { mustRun } from '../run-command.ts'

/** By this the booted system finds its own medium. */
export const volumeLabel = 'SHEAF_RELEASE'

/** Only what the menu needs; all of GRUB's modules would make the medium 10 MB larger. */
const grubModules = 'linux normal serial terminal iso9660 part_msdos part_gpt fat search test echo all_video'

const grubMenu = `serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set timeout=0
menuentry "Sheaf release" {
  linux /boot/vmlinuz ${guestKernelArguments}
  initrd /boot/initramfs
}
`

export interface BootFiles {
  bzImage: Buffer
  initramfs: Buffer
}

/** Below `tree`, beside what else the release holds. They are part of what is signed. */
export async function writeBootTree(tree: string, { bzImage, initramfs }: BootFiles): Promise<void> {
  await mkdir(join(tree, 'boot/grub'), { recursive: true })
  await writeFile(join(tree, 'boot/vmlinuz'), bzImage)
  await writeFile(join(tree, 'boot/initramfs'), initramfs)
  await writeFile(join(tree, 'boot/grub/grub.cfg'), grubMenu)
}

/** `madeAt` is written wherever a time has to stand. */
export async function writeIso(tree: string, iso: string, madeAt: Date): Promise<void> {
  await setTimes(tree, madeAt)
  const trimmed = [`--install-modules=${grubModules}`, '--fonts=', '--locales=', '--themes=']
  const seconds = String(Math.floor(madeAt.getTime() / 1000))
  // mtools, GRUB and xorriso each put the present time somewhere unless they are told another.
  await mustRun('env', [
    `SOURCE_DATE_EPOCH=${seconds}`,
    'TZ=UTC',
    'grub-mkrescue',
    ...trimmed,
    '-o',
    iso,
    tree,
    '--',
    '-hfsplus',
    'off',
    '-volid',
    volumeLabel,
    '-volume_date',
    'uuid',
    madeAt
      .toISOString()
      .replace(/[-:TZ.]/g, '')
      .slice(0, 16),
    '-volume_date',
    'all_file_dates',
    `=${seconds}`,
  ])
  await settleSerialNumber(iso, Number(seconds) % 2 ** 32)
}

/**
 * mtools gives each file system that it makes a random serial number, and GRUB's tool does not let it be told one. It stands
 * in the boot sector of the small FAT volume that UEFI starts from; nothing looks it up.
 */
async function settleSerialNumber(iso: string, serial: number): Promise<void> {
  const file = await open(iso, 'r+')
  try {
    const head = Buffer.alloc(bootSectorWithin)
    await file.read(head, 0, head.length, 0)
    const sector = head.indexOf(mtoolsMark) - mtoolsMarkAt
    if (sector < 0) throw new Error('the ISO has no boot sector for UEFI where GRUB puts it')
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(serial)
    await file.write(bytes, 0, bytes.length, sector + serialAt)
  } finally {
    await file.close()
  }
}

/** GRUB's tool puts its own files first. */
const bootSectorWithin = 16 * 1024 * 1024
const mtoolsMark = Buffer.from('MTOO4')
const mtoolsMarkAt = 3
/** Where FAT12 and FAT16 keep the serial number of a volume. */
const serialAt = 39

async function setTimes(tree: string, time: Date): Promise<void> {
  for (const entry of await readdir(tree, { recursive: true, withFileTypes: true }))
    await utimes(join(entry.parentPath, entry.name), time, time)
}
