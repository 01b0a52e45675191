// Where distributions keep the UEFI firmware, and which pair of files a plan needs.

import { existsSync } from 'node:fs'

export interface FirmwareFiles {
  codePath: string
  /** The template of the variables: each machine gets its own copy, because the guest writes to it. */
  varsPath: string
}

interface KnownFirmware extends FirmwareFiles {
  /** Checks signatures, and its variables come with Microsoft's keys enrolled. */
  secureBoot: boolean
}

/** The larger images first: the old 2 MiB ones have little room for keys that a guest enrols. */
const knownFirmware: readonly KnownFirmware[] = [
  ...pairs('/usr/share/OVMF', [
    // Debian, Ubuntu
    ['OVMF_CODE_4M.fd', 'OVMF_VARS_4M.fd', false],
    ['OVMF_CODE_4M.ms.fd', 'OVMF_VARS_4M.ms.fd', true],
    ['OVMF_CODE.fd', 'OVMF_VARS.fd', false],
    ['OVMF_CODE.ms.fd', 'OVMF_VARS.ms.fd', true],
  ]),
  ...pairs('/usr/share/edk2/ovmf', [
    // Fedora, CentOS Stream
    ['OVMF_CODE.fd', 'OVMF_VARS.fd', false],
    ['OVMF_CODE.secboot.fd', 'OVMF_VARS.secboot.fd', true],
  ]),
  // Arch. Its secure pair has no keys enrolled, so it would secure nothing and is left out.
  ...pairs('/usr/share/edk2/x64', [['OVMF_CODE.4m.fd', 'OVMF_VARS.4m.fd', false]]),
]

function pairs(folder: string, files: readonly (readonly [code: string, vars: string, secureBoot: boolean])[]): KnownFirmware[] {
  return files.map(([code, vars, secureBoot]) => ({ codePath: `${folder}/${code}`, varsPath: `${folder}/${vars}`, secureBoot }))
}

/** Undefined when this host has no such firmware. */
export function findFirmware(secureBoot: boolean, isThere: (path: string) => boolean = existsSync): FirmwareFiles | undefined {
  const found = knownFirmware.find((each) => each.secureBoot === secureBoot && isThere(each.codePath) && isThere(each.varsPath))
  return found && { codePath: found.codePath, varsPath: found.varsPath }
}
