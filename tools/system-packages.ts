// The programs that Sheaf takes from the distribution: which are missing, and getting them.

import { existsSync } from 'node:fs'
import { mustRun } from './run-command.ts'
import { step } from './step.ts'

interface SystemPackage {
  name: string
  /** Any of these files shows that it is there. */
  files: readonly string[]
  needed: 'always' | 'for tests'
}

const packages: readonly SystemPackage[] = [
  { name: 'qemu-system-x86', files: ['/usr/bin/qemu-system-x86_64'], needed: 'always' },
  { name: 'qemu-utils', files: ['/usr/bin/qemu-img'], needed: 'always' },
  { name: 'ovmf', files: ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_CODE_4M.fd'], needed: 'always' },
  { name: 'xorriso', files: ['/usr/bin/xorriso'], needed: 'always' },
  { name: 'mtools', files: ['/usr/bin/mtools'], needed: 'always' },
  { name: 'grub-common', files: ['/usr/bin/grub-mkrescue'], needed: 'always' },
  { name: 'grub-pc-bin', files: ['/usr/lib/grub/i386-pc/boot.img'], needed: 'always' },
  { name: 'grub-efi-amd64-bin', files: ['/usr/lib/grub/x86_64-efi/moddep.lst'], needed: 'always' },
  { name: 'swtpm', files: ['/usr/bin/swtpm'], needed: 'for tests' },
  { name: 'minisign', files: ['/usr/bin/minisign'], needed: 'for tests' },
  { name: 'kubernetes-client', files: ['/usr/bin/kubectl'], needed: 'for tests' },
  { name: 'docker-registry', files: ['/usr/bin/docker-registry'], needed: 'for tests' },
  { name: 'skopeo', files: ['/usr/bin/skopeo'], needed: 'for tests' },
]

const isMissing = (each: SystemPackage): boolean => !each.files.some((file) => existsSync(file))

/** Installs what is missing when it may, or says the exact line to type. Refuses to go on without. */
export async function ensureSystemPackages(purpose: 'run' | 'test'): Promise<void> {
  const missing = packages
    .filter((each) => (each.needed === 'always' || purpose === 'test') && isMissing(each))
    .map((each) => each.name)
  if (missing.length === 0) return
  const line = `apt-get install --yes --no-install-recommends ${missing.join(' ')}`
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `these programs are missing, by the names of their Debian packages: ${missing.join(', ')}. Install them with your distribution's package manager.`,
    )
  }
  if (process.getuid?.() !== 0)
    throw new Error(
      `these packages are missing. Type this line, then the same command again:\n\n  sudo apt-get update && sudo ${line}\n`,
    )
  await step(`installing from the distribution: ${missing.join(' ')}`, async () => {
    await mustRun('apt-get', ['update', '-qq'])
    await mustRun('apt-get', line.split(' ').slice(1))
  })
}
