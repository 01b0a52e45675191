import { describe, expect, it } from 'vitest'
import { findingsOf, machine, type RuleTable, withDisk, withVolume } from './sample-machines.ts'

const disks = 'spec.domain.devices.disks'
const interfaces = 'spec.domain.devices.interfaces'
const volume = 'spec.volumes[0]'

const table: RuleTable = [
  [
    'a disk without volume',
    machine({ domain: { devices: { disks: [{ name: 'x' }] } } }),
    `Invalid · ${disks}[0].name · ${disks}[0].Name 'x' not found.`,
  ],
  [
    'an empty CD drive',
    machine({ domain: { devices: { disks: [{ name: 'x', cdrom: {} }] } } }),
    `Invalid · ${disks}[0].name · DeclarativeHotplugVolumes feature gate not enabled, cannot define an empty CD-ROM disk`,
  ],
  [
    'two disks of one name',
    machine({
      domain: { devices: { disks: [{ name: 'd' }, { name: 'd' }] } },
      volumes: [{ name: 'd', emptyDisk: { capacity: '1Gi' } }],
    }),
    `Invalid · ${disks}[1].name · ${disks}[1] and ${disks}[0] must not have the same Name.`,
  ],
  [
    'two volumes of one name',
    machine({
      volumes: [
        { name: 'd', emptyDisk: { capacity: '1Gi' } },
        { name: 'd', emptyDisk: { capacity: '1Gi' } },
      ],
    }),
    `Invalid · spec.volumes[1].name · spec.volumes[1] and spec.volumes[0] must not have the same Name.`,
  ],
  ['a volume without source', withVolume({}), `Invalid · ${volume} · ${volume} must have exactly one source type set`],
  [
    'a volume with two sources',
    withVolume({ emptyDisk: { capacity: '1Gi' }, containerDisk: { image: 'i' } }),
    `Invalid · ${volume} · ${volume} must have exactly one source type set`,
  ],
  [
    'a disk that is two things',
    withDisk({ disk: {}, cdrom: {} }),
    `Invalid · ${disks}[0] · ${disks}[0] can only have a single target type defined`,
  ],
  ['IDE', withDisk({ disk: { bus: 'ide' } }), `Invalid · ${disks}[0].disk.bus · IDE bus is not supported`],
  [
    'a bus nobody knows',
    withDisk({ disk: { bus: 'nvme' } }),
    `Invalid · ${disks}[0].disk.bus · ${disks}[0] is set with an unrecognized bus nvme, must be one of: [virtio scsi sata usb]`,
  ],
  [
    'a CD drive on virtio',
    withDisk({ cdrom: { bus: 'virtio' } }),
    `Invalid · ${disks}[0].cdrom.bus · Bus type virtio is invalid for CD-ROM device`,
  ],
  [
    'a read-only SATA disk',
    withDisk({ disk: { bus: 'sata', readonly: true } }),
    `Invalid · ${disks}[0].disk.bus · sata hard-disks do not support read-only.`,
  ],
  [
    'an IO thread for SATA',
    withDisk({ dedicatedIOThread: true, disk: { bus: 'sata' } }),
    `NotSupported · ${disks}[0] · IOThreads are not supported for disks on a sata bus`,
  ],
  [
    'a serial number with a blank',
    withDisk({ serial: 'a b' }),
    `Invalid · ${disks}[0].serial · ${disks}[0] must be made up of the following characters [A-Za-z0-9_.+-], if specified`,
  ],
  [
    'a serial number too long',
    withDisk({ serial: 'a'.repeat(257) }),
    `Invalid · ${disks}[0].serial · ${disks}[0] must be less than or equal to 256 in length, if specified`,
  ],
  [
    'a cache mode nobody knows',
    withDisk({ cache: 'unsafe' }),
    `Invalid · ${disks}[0].cache · ${disks}[0].cache has invalid value unsafe`,
  ],
  [
    'an IO mode nobody knows',
    withDisk({ io: 'uring' }),
    `NotSupported · ${disks}[0].io · Disk IO mode for ${disks} is not supported. Supported modes are: native, threads.`,
  ],
  [
    'a block too small',
    withDisk({ blockSize: { custom: { logical: 256, physical: 512 } } }),
    `Invalid · ${disks}[0].blockSize.custom.logical · Provided size of 256 is less than the supported minimum size of 512`,
  ],
  [
    'a block too large',
    withDisk({ blockSize: { custom: { logical: 512, physical: 4_194_304 } } }),
    `Invalid · ${disks}[0].blockSize.custom.physical · Provided size of 4194304 is greater than the supported maximum size of 2097152`,
  ],
  [
    'a block of odd size',
    withDisk({ blockSize: { custom: { logical: 512, physical: 1000 } } }),
    `Invalid · ${disks}[0].blockSize.custom.physical · Provided size of 1000 is not a power of 2`,
  ],
  [
    'a logical block over the physical',
    withDisk({ blockSize: { custom: { logical: 4096, physical: 512 } } }),
    `Invalid · ${disks}[0].blockSize.custom.logical · Logical size 4096 must be the same or less than the physical size of 512`,
  ],
  [
    'a large logical block on SATA',
    withDisk({ disk: { bus: 'sata' }, blockSize: { custom: { logical: 4096, physical: 4096 } } }),
    `Invalid · ${disks}[0].blockSize.custom.logical · Logical size 4096 must be 512 for SATA devices`,
  ],
  [
    'boot order nought',
    withDisk({ bootOrder: 0 }),
    `Invalid · ${disks}[0].bootOrder · ${disks}[0] must have a boot order > 0, if supplied`,
  ],
  [
    'a boot order taken twice',
    machine({
      domain: { devices: { disks: [{ name: 'd', bootOrder: 1 }], interfaces: [{ name: 'n', bridge: {}, bootOrder: 1 }] } },
      networks: [{ name: 'n', pod: {} }],
      volumes: [{ name: 'd', emptyDisk: { capacity: '1Gi' } }],
    }),
    `Invalid · ${interfaces}[0].bootOrder · Boot order for ${interfaces}[0].bootOrder already set for a different device.`,
  ],
  [
    'a disk name with capitals',
    withDisk({ name: 'Root' }),
    `Invalid · ${disks}[0].name · a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
  ],
  [
    'a LUN on a container disk',
    withDisk({ lun: {} }, { containerDisk: { image: 'i' } }),
    `Invalid · ${disks}[0].lun · ${disks}[0].lun can only be mapped to a DataVolume or PersistentVolumeClaim volume.`,
  ],
  [
    'cloud-init over 2 KiB',
    withVolume({ cloudInitNoCloud: { userData: 'x'.repeat(2049) } }),
    `Invalid · ${volume}.cloudInitNoCloud · ${volume}.cloudInitNoCloud userdata exceeds 2048 byte limit. Should use UserDataSecretRef for larger data.`,
  ],
  [
    'network data over 2 KiB',
    withVolume({ cloudInitConfigDrive: { networkData: 'x'.repeat(2049) } }),
    `Invalid · ${volume}.cloudInitConfigDrive · ${volume}.cloudInitConfigDrive networkdata exceeds 2048 byte limit. Should use NetworkDataSecretRef for larger data.`,
  ],
  [
    'cloud-init without data',
    withVolume({ cloudInitNoCloud: {} }),
    `Invalid · ${volume}.cloudInitNoCloud · ${volume}.cloudInitNoCloud must have at least one userdatasource or one networkdatasource set.`,
  ],
  [
    'cloud-init twice',
    withVolume({ cloudInitNoCloud: { userData: 'x', secretRef: { name: 's' } } }),
    `Invalid · ${volume}.cloudInitNoCloud · ${volume}.cloudInitNoCloud must have only one userdatasource set.`,
  ],
  [
    'cloud-init in bad base64',
    withVolume({ cloudInitNoCloud: { userDataBase64: 'x!' } }),
    `Invalid · ${volume}.cloudInitNoCloud.userDataBase64 · ${volume}.cloudInitNoCloud.userDataBase64 is not a valid base64 value.`,
  ],
  [
    'a data volume without name',
    withVolume({ dataVolume: { name: '' } }),
    `Required · ${volume}.name · DataVolume 'name' must be set`,
  ],
  [
    'a host disk',
    withVolume({ hostDisk: { path: '/d', type: 'Disk' } }),
    `Invalid · ${volume} · HostDisk feature gate is not enabled`,
  ],
  [
    'a container disk at the root',
    withVolume({ containerDisk: { image: 'i', path: '/' } }),
    `Invalid · ${volume}.containerDisk · ${volume}.containerDisk must not point to root`,
  ],
  [
    'a container disk by a detour',
    withVolume({ containerDisk: { image: 'i', path: '/disk/../etc' } }),
    `Invalid · ${volume}.containerDisk · ${volume}.containerDisk must be an absolute path to a file without relative components`,
  ],
]

describe('a machine’s disks and volumes', () => {
  it.each(table)('%s is refused in KubeVirt’s words', (_, spec, expected) => {
    expect(findingsOf(spec)).toEqual([expected])
  })
})
