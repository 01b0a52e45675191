import { describe, expect, it } from 'vitest'
import { type HostView, inspectHost } from './doctor.ts'

const healthy: HostView = {
  osRelease: async () => 'NAME="Debian GNU/Linux"\nID=debian\n',
  program: async (name) => ({ path: `/usr/bin/${name}`, version: `${name} version 7.2.22` }),
  hasFirmware: () => true,
  kvm: async () => 'usable',
}

const mends = async (changes: Partial<HostView>): Promise<(string | undefined)[]> =>
  (await inspectHost({ ...healthy, ...changes })).filter((finding) => !finding.ok).map((finding) => finding.mend)

describe('the doctor', () => {
  it('finds nothing wrong with a host that has everything', async () => {
    expect((await inspectHost(healthy)).map(({ what, ok }) => [what, ok])).toEqual([
      ['qemu-system-x86_64', true],
      ['qemu-img', true],
      ['UEFI firmware', true],
      ['swtpm', true],
      ['/dev/kvm', true],
    ])
  })

  it.each([
    [
      'ID=debian',
      [
        'sudo apt-get install --yes qemu-system-x86',
        'sudo apt-get install --yes qemu-utils',
        'sudo apt-get install --yes ovmf',
        'sudo apt-get install --yes swtpm',
      ],
    ],
    [
      'ID=linuxmint\nID_LIKE="ubuntu debian"',
      [
        'sudo apt-get install --yes qemu-system-x86',
        'sudo apt-get install --yes qemu-utils',
        'sudo apt-get install --yes ovmf',
        'sudo apt-get install --yes swtpm',
      ],
    ],
    [
      'ID="rocky"\nID_LIKE="rhel centos fedora"',
      [
        'sudo dnf install -y qemu-system-x86-core',
        'sudo dnf install -y qemu-img',
        'sudo dnf install -y edk2-ovmf',
        'sudo dnf install -y swtpm',
      ],
    ],
    [
      'ID=arch',
      [
        'sudo pacman -S --noconfirm qemu-system-x86',
        'sudo pacman -S --noconfirm qemu-img',
        'sudo pacman -S --noconfirm edk2-ovmf',
        'sudo pacman -S --noconfirm swtpm',
      ],
    ],
    ['ID=plan9', [undefined, undefined, undefined, undefined]],
  ])('gives the line that mends it on %s', async (osRelease, lines) => {
    expect(await mends({ osRelease: async () => osRelease, program: async () => undefined, hasFirmware: () => false })).toEqual(
      lines,
    )
  })

  it('finds a QEMU that is too old', async () => {
    const findings = await inspectHost({
      ...healthy,
      program: async (name) => ({ path: name, version: `${name} version 6.1.0` }),
    })
    expect(findings[0]).toMatchObject({
      ok: false,
      detail: 'qemu-system-x86_64 version 6.1.0 is too old: version 7 or newer is needed',
    })
  })

  it('tells a /dev/kvm that is absent from one that is forbidden', async () => {
    expect(await mends({ kvm: async () => 'forbidden' })).toEqual([expect.stringContaining('usermod -aG kvm')])
    expect(await mends({ kvm: async () => 'absent' })).toEqual([expect.stringContaining('modprobe')])
  })

  it('looks at this host too', async () => {
    expect((await inspectHost()).map((finding) => finding.what)).toEqual([
      'qemu-system-x86_64',
      'qemu-img',
      'UEFI firmware',
      'swtpm',
      '/dev/kvm',
    ])
  })
})
