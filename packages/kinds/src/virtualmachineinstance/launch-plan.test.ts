import { hostPortsAnnotation } from '@sheaf/api'
import { describe, expect, it } from 'vitest'
import { launchPlanOf } from './launch-plan.ts'
import { derivedMacAddress } from './machine-interfaces.ts'
import { sampleInstance } from './sample-instance.ts'
import type { LaunchFiles } from './volumes.ts'

const files: LaunchFiles = {
  sources: new Map([['root', { kind: 'overlay', backingFile: '/i/disk.qcow2', backingFormat: 'qcow2' }]]),
  kernel: undefined,
}

describe('a launch plan', () => {
  it('is the same for the same instance and files', () => {
    expect(launchPlanOf(sampleInstance(), files)).toEqual(launchPlanOf(sampleInstance(), files))
  })

  it('carries what the spec says', () => {
    expect(launchPlanOf(sampleInstance(), files)).toMatchObject({
      id: sampleInstance().metadata.uid,
      name: 'default_demo',
      machine: 'q35',
      memoryBytes: 128 * 1024 * 1024,
      firmware: { kind: 'bios' },
      disks: [{ name: 'root', device: 'disk', bus: 'virtio', readOnly: false, source: { kind: 'overlay' } }],
      interfaces: [{ forwards: [{ name: 'http', hostAddress: '127.0.0.1', hostPort: 'any', guestPort: 80 }] }],
    })
  })

  it('reads a CD-ROM where it lies', () => {
    const instance = sampleInstance({ spec: { domain: { devices: { disks: [{ name: 'root', cdrom: { bus: 'scsi' } }] } } } })
    expect(launchPlanOf(instance, files).disks[0]).toMatchObject({
      device: 'cdrom',
      bus: 'scsi',
      readOnly: true,
      source: { kind: 'file', path: '/i/disk.qcow2' },
    })
  })

  it('takes UEFI with secure boot unless it is declined, as KubeVirt does', () => {
    const withEfi = (efi: object) => sampleInstance({ spec: { domain: { devices: {}, firmware: { bootloader: { efi } } } } })
    expect(launchPlanOf(withEfi({}), files).firmware).toEqual({ kind: 'uefi', secureBoot: true })
    expect(launchPlanOf(withEfi({ secureBoot: false }), files).firmware).toEqual({ kind: 'uefi', secureBoot: false })
  })

  it('VI18 gives ports the host ports that the annotation asks for', () => {
    const instance = sampleInstance({ metadata: { annotations: { [hostPortsAnnotation]: 'http=127.0.0.1:8080' } } })
    expect(launchPlanOf(instance, files).interfaces[0]?.forwards[0]?.hostPort).toBe(8080)
  })

  it('derives an address that stays and is locally administered', () => {
    expect(derivedMacAddress('default/demo/default')).toMatch(/^02(:[0-9a-f]{2}){5}$/)
    expect(derivedMacAddress('default/demo/default')).not.toBe(derivedMacAddress('default/other/default'))
  })
})
