// What cloud-init in the guest reads at its first boot, as a small volume.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { DiskSource, SeedContent } from '@sheaf/qemu'
import { publicKeysFor } from '../agent/access-credentials.ts'
import { guestHostname } from '../../guest-hostname.ts'
import { type KeyedFiles, type ObjectPorts, secretFiles } from './keyed-content.ts'
import { Missing } from './missing.ts'
import { refuse } from '../refusal.ts'

type Volume = NonNullable<VirtualMachineInstance['spec']['volumes']>[number]
type CloudInit = NonNullable<Volume['cloudInitNoCloud'] | Volume['cloudInitConfigDrive']>

/** Undefined for volumes of another sort. */
export async function cloudInitDiskOf(
  { cloudInitConfigDrive, cloudInitNoCloud, name }: Volume,
  instance: VirtualMachineInstance,
  ports: ObjectPorts,
): Promise<DiskSource | undefined> {
  if (cloudInitNoCloud !== undefined) {
    const publicKeys = await publicKeysFor('noCloud', instance, ports)
    return noCloudDisk(instance, { ...(await dataOf(name, cloudInitNoCloud, instance, ports)), publicKeys })
  }
  if (cloudInitConfigDrive !== undefined) {
    const publicKeys = await publicKeysFor('configDrive', instance, ports)
    return configDriveDisk(instance, { ...(await dataOf(name, cloudInitConfigDrive, instance, ports)), publicKeys })
  }
  return undefined
}

/** What a user gives, by whichever way. */
interface UserGiven {
  userData: SeedContent
  networkData: SeedContent | undefined
}

type Given = UserGiven & { publicKeys: Readonly<Record<string, string>> | undefined }

function noCloudDisk(instance: VirtualMachineInstance, { networkData, publicKeys, userData }: Given): DiskSource {
  const { instanceId, instanceType } = identityOf(instance)
  const metaData = {
    ...(instanceType === undefined ? {} : { 'instance-type': instanceType }),
    'instance-id': instanceId,
    'local-hostname': guestHostname(instance),
    ...(publicKeys === undefined ? {} : { 'public-keys': publicKeys }),
  }
  return {
    kind: 'seed',
    label: 'cidata',
    files: {
      'meta-data': `${JSON.stringify(metaData)}\n`,
      'user-data': userData,
      ...(networkData === undefined ? {} : { 'network-config': networkData }),
    },
  }
}

/** OpenStack's layout. */
function configDriveDisk(instance: VirtualMachineInstance, { networkData, publicKeys, userData }: Given): DiskSource {
  const { instanceId, instanceType } = identityOf(instance)
  const metaData = {
    ...(instanceType === undefined ? {} : { instance_type: instanceType }),
    instance_id: instanceId,
    hostname: guestHostname(instance),
    uuid: instance.spec.domain.firmware?.uuid ?? instance.metadata.uid,
    ...(publicKeys === undefined ? {} : { public_keys: publicKeys }),
  }
  return {
    kind: 'seed',
    label: 'config-2',
    files: {
      'openstack/latest/meta_data.json': `${JSON.stringify(metaData)}\n`,
      'openstack/latest/user_data': userData,
      ...(networkData === undefined ? {} : { 'openstack/latest/network_data.json': networkData }),
    },
  }
}

function identityOf({ metadata }: VirtualMachineInstance): { instanceId: string; instanceType: string | undefined } {
  const { annotations, name, namespace } = metadata
  const instanceType = annotations?.['kubevirt.io/instancetype-name'] ?? annotations?.['kubevirt.io/cluster-instancetype-name']
  return { instanceId: `${name}.${namespace}`, instanceType }
}

async function dataOf(
  volume: string,
  cloudInit: CloudInit,
  instance: VirtualMachineInstance,
  ports: ObjectPorts,
): Promise<UserGiven> {
  const { networkDataSecretRef, secretRef } = cloudInit
  const read = async (name: string | undefined): Promise<KeyedFiles> =>
    name ? secretFiles({ volume, name }, instance, ports) : {}
  const fromUserSecret = entryOf(await read(secretRef?.name), 'userdata')
  const fromNetworkSecret = entryOf(await read(networkDataSecretRef?.name), 'networkdata')
  const isReferred = Boolean(secretRef?.name || networkDataSecretRef?.name)
  if (isReferred && fromUserSecret === undefined && fromNetworkSecret === undefined)
    throw new Missing(refuse('Synchronized', 'FailedCreate', `no cloud-init data-source found at volume: ${volume}`))
  return {
    userData: cloudInit.userData || decoded(cloudInit.userDataBase64) || (fromUserSecret ?? ''),
    networkData: cloudInit.networkData || decoded(cloudInit.networkDataBase64) || fromNetworkSecret,
  }
}

const decoded = (base64: string | undefined): SeedContent | undefined => (base64 ? { base64 } : undefined)

/** KubeVirt reads `userdata` and `userData` alike. */
const entryOf = (files: KeyedFiles, key: 'userdata' | 'networkdata'): SeedContent | undefined =>
  files[key] ?? files[key.replace('data', 'Data')]
