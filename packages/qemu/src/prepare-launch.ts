// What must be there before QEMU can start: looked for first, so that a refusal leaves no trace, then made.

import { access, copyFile, link, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { diskFile } from './argv/disks.ts'
import { createEmpty, createOverlay } from './disk-image.ts'
import { errorCode } from './durable-file.ts'
import { findProgram } from './find-program.ts'
import { type FirmwareFiles, findFirmware } from './firmware.ts'
import { LaunchRefused } from './hypervisor.ts'
import { linkKeptTpm, linkKeptVariables } from './kept-state.ts'
import type { Disk, LaunchPlan } from './launch-plan.ts'
import { buildSeedIso } from './seed-iso.ts'
import { fileNames } from './state-files.ts'
import { givenPaths } from './validate-plan.ts'

/** The programs of QEMU, by name or by path. */
export interface Programs {
  qemu: string
  qemuImg: string
  /** Needed by a machine with a TPM. */
  swtpm: string
}

/** Where a machine's files lie, and where those that outlive it. */
export interface MachineFolders {
  folder: string
  kept: string | undefined
}

/** Throws LaunchRefused when this host lacks something that the plan needs. */
export async function assertLaunchable(plan: LaunchPlan, programs: Programs): Promise<void> {
  for (const program of [programs.qemu, programs.qemuImg]) {
    if ((await findProgram(program)) === undefined)
      throw new LaunchRefused(
        'QemuMissing',
        `the program ${program} is not installed; on Debian: apt-get install qemu-system-x86 qemu-utils`,
      )
  }
  if (plan.tpm !== undefined && (await findProgram(programs.swtpm)) === undefined)
    throw new LaunchRefused(
      'QemuMissing',
      `the program ${programs.swtpm}, which emulates a TPM, is not installed; on Debian: apt-get install swtpm`,
    )
  for (const path of givenPaths(plan)) {
    await access(path).catch((error: unknown) => {
      throw new LaunchRefused('ImageNotFound', `machine ${plan.id} needs the file ${path}, which is not there`, { cause: error })
    })
  }
  if (plan.firmware.kind === 'uefi') firmwareTemplate(plan.firmware.secureBoot)
}

function firmwareTemplate(secureBoot: boolean): FirmwareFiles {
  const found = findFirmware(secureBoot)
  if (found !== undefined) return found
  const what = secureBoot ? 'UEFI firmware with secure boot' : 'UEFI firmware'
  throw new LaunchRefused(
    'FirmwareMissing',
    `no ${what} is installed; on Debian: apt-get install ovmf, on Fedora: dnf install edk2-ovmf`,
  )
}

/** Makes the images and copies of the state folder. What an interrupted launch made already is kept. */
export async function prepareFiles(
  plan: LaunchPlan,
  { folder, kept }: MachineFolders,
  programs: Programs,
): Promise<FirmwareFiles | undefined> {
  try {
    if (plan.tpm?.isKept === true && kept !== undefined) await linkKeptTpm(kept, folder)
    await Promise.all(plan.disks.map((disk) => prepareDisk(disk, diskFile(folder, disk).path, programs)))
    return plan.firmware.kind === 'uefi' ? await prepareVariables(plan.firmware, { folder, kept }) : undefined
  } catch (error) {
    throw asRefusal(error, plan.id)
  }
}

async function prepareDisk({ source }: Disk, path: string, { qemuImg }: Programs): Promise<void> {
  if (await isThere(path)) return
  switch (source.kind) {
    case 'file':
      return source.createBytes === undefined ? undefined : createRaw(path, source.createBytes)
    case 'overlay':
      return createOverlay(path, { file: source.backingFile, format: source.backingFormat }, qemuImg)
    case 'empty':
      return createEmpty(path, source.sizeBytes, qemuImg)
    case 'seed':
      return appear(path, (unfinished) => writeFile(unfinished, buildSeedIso(source.label, source.files), { mode: 0o600 }))
  }
}

/** It takes room only as the guest writes. What somebody else made meanwhile is theirs: it stays as it is. */
async function createRaw(path: string, sizeBytes: number): Promise<void> {
  const unfinished = `${path}.unfinished`
  await writeFile(unfinished, '', { mode: 0o600 })
  await truncate(unfinished, sizeBytes)
  await link(unfinished, path).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error
  })
  await rm(unfinished, { force: true })
}

type Uefi = Extract<LaunchPlan['firmware'], { kind: 'uefi' }>

async function prepareVariables({ keepsVariables, secureBoot }: Uefi, { folder, kept }: MachineFolders): Promise<FirmwareFiles> {
  const template = firmwareTemplate(secureBoot)
  const varsPath = join(folder, fileNames.uefiVariables)
  const target = keepsVariables && kept !== undefined ? await linkKeptVariables(kept, folder) : varsPath
  if (!(await isThere(target))) await appear(target, (unfinished) => copyFile(template.varsPath, unfinished))
  return { codePath: template.codePath, varsPath }
}

/** Under another name first: a file that is there is a whole one. */
async function appear(path: string, make: (unfinished: string) => Promise<void>): Promise<void> {
  await make(`${path}.unfinished`)
  await rename(`${path}.unfinished`, path)
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** A full disk and a seed that cannot be are the caller's to mend; anything else is passed on. */
export function asRefusal(error: unknown, id: string): unknown {
  if (errorCode(error) === 'ENOSPC')
    return new LaunchRefused(
      'NoSpace',
      `there is no room on the disk for machine ${id}. Free some, or move the data folder to a larger disk.`,
      { cause: error },
    )
  if (error instanceof RangeError)
    return new LaunchRefused('InvalidPlan', `machine ${id} cannot be launched: ${error.message}`, { cause: error })
  return error
}
