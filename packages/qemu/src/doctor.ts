// Whether this host can run machines, and the exact command that mends what it lacks.

import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { promisify } from 'node:util'
import { errorCode, readIfThere } from './durable-file.ts'
import { findProgram } from './find-program.ts'
import { findFirmware } from './firmware.ts'

export interface HostFinding {
  what: string
  ok: boolean
  detail: string
  /** A line to type. */
  mend?: string
}

/** How the doctor looks at the host; a test gives its own. */
export interface HostView {
  osRelease: () => Promise<string>
  /** Where a program is and what it says of its version. */
  program: (name: string) => Promise<{ path: string; version: string } | undefined>
  hasFirmware: (secureBoot: boolean) => boolean
  kvm: () => Promise<'usable' | 'absent' | 'forbidden'>
}

/** `-action` came with 6.0, and 7.2 is the oldest on which we have seen all this work. */
const oldestQemuMajor = 7

export async function inspectHost(view: HostView = thisHost): Promise<HostFinding[]> {
  const installer = installerOf(await view.osRelease())
  return [
    await programFinding(view, 'qemu-system-x86_64', installer('emulator')),
    await programFinding(view, 'qemu-img', installer('images')),
    firmwareFinding(view, installer('firmware')),
    await tpmFinding(view, installer('tpm')),
    await kvmFinding(view),
  ]
}

async function programFinding(view: HostView, name: string, mend: string | undefined): Promise<HostFinding> {
  const found = await view.program(name)
  if (found === undefined) return { what: name, ok: false, detail: `${name} is not installed`, ...(mend && { mend }) }
  const major = Number(/version (\d+)/.exec(found.version)?.[1] ?? 0)
  const ok = major >= oldestQemuMajor
  const detail = ok
    ? `${found.path}, ${found.version}`
    : `${found.version} is too old: version ${oldestQemuMajor} or newer is needed`
  return { what: name, ok, detail, ...(!ok && mend !== undefined && { mend }) }
}

function firmwareFinding(view: HostView, mend: string | undefined): HostFinding {
  const what = 'UEFI firmware'
  if (!view.hasFirmware(false)) return { what, ok: false, detail: 'no UEFI firmware (OVMF) is installed', ...(mend && { mend }) }
  return { what, ok: true, detail: view.hasFirmware(true) ? 'with and without secure boot' : 'without secure boot' }
}

/** Only machines that ask for a TPM need it. */
async function tpmFinding(view: HostView, mend: string | undefined): Promise<HostFinding> {
  const found = await view.program('swtpm')
  if (found !== undefined) return { what: 'swtpm', ok: true, detail: `${found.path}, ${found.version}` }
  return { what: 'swtpm', ok: false, detail: 'swtpm is not installed: machines with a TPM do not start', ...(mend && { mend }) }
}

/** Without KVM machines run all the same, ten or more times slower; so this is a finding and not a refusal. */
async function kvmFinding(view: HostView): Promise<HostFinding> {
  const what = '/dev/kvm'
  switch (await view.kvm()) {
    case 'usable':
      return { what, ok: true, detail: 'may be opened; a test guest decides at the first launch whether it is of use' }
    case 'forbidden':
      return {
        what,
        ok: false,
        detail: 'this user may not open it: machines are emulated, which is slow',
        mend: 'sudo usermod -aG kvm "$USER"  # then log in again',
      }
    case 'absent':
      return {
        what,
        ok: false,
        detail: 'is not there: machines are emulated, which is slow. Switch on virtualization in the firmware of the host',
        mend: 'sudo modprobe -a kvm_intel kvm_amd',
      }
  }
}

type Part = 'emulator' | 'images' | 'firmware' | 'tpm'

const installers: readonly { families: readonly string[]; command: string; packages: Record<Part, string> }[] = [
  {
    families: ['debian', 'ubuntu'],
    command: 'sudo apt-get install --yes',
    packages: { emulator: 'qemu-system-x86', images: 'qemu-utils', firmware: 'ovmf', tpm: 'swtpm' },
  },
  {
    families: ['fedora', 'rhel', 'centos'],
    command: 'sudo dnf install -y',
    packages: { emulator: 'qemu-system-x86-core', images: 'qemu-img', firmware: 'edk2-ovmf', tpm: 'swtpm' },
  },
  {
    families: ['arch'],
    command: 'sudo pacman -S --noconfirm',
    packages: { emulator: 'qemu-system-x86', images: 'qemu-img', firmware: 'edk2-ovmf', tpm: 'swtpm' },
  },
]

/** Undefined commands on a distribution that we do not know: better no line than a wrong one. */
function installerOf(osRelease: string): (part: Part) => string | undefined {
  const names = [...osRelease.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap((match) => (match[1] ?? '').split(' '))
  const known = installers.find(({ families }) => families.some((family) => names.includes(family)))
  return (part) => known && `${known.command} ${known.packages[part]}`
}

const run = promisify(execFile)

const thisHost: HostView = {
  osRelease: async () => (await readIfThere('/etc/os-release')) ?? '',
  program: async (name) => {
    const path = await findProgram(name)
    return path === undefined ? undefined : { path, version: (await run(path, ['--version'])).stdout.split('\n')[0] ?? '' }
  },
  hasFirmware: (secureBoot) => findFirmware(secureBoot) !== undefined,
  kvm: () =>
    access('/dev/kvm', constants.R_OK | constants.W_OK).then(
      () => 'usable' as const,
      (error: unknown) => (errorCode(error) === 'ENOENT' ? 'absent' : 'forbidden'),
    ),
}
