// What cloud-init in the guest reads at its first boot, as a small volume.

import type { Secret, VirtualMachineInstance } from '@sheaf/api'
import type { DiskSource } from '@sheaf/qemu'
import { publicKeysFor } from './access-credentials.ts'
import { type SecretPorts, secretNamed } from './named-secret.ts'

type NoCloud = NonNullable<NonNullable<VirtualMachineInstance['spec']['volumes']>[number]['cloudInitNoCloud']>

export async function noCloudSeedOf(
  cloudInit: NoCloud,
  instance: VirtualMachineInstance,
  ports: SecretPorts,
): Promise<DiskSource> {
  const secret = await secretNamed(cloudInit.secretRef?.name, instance, ports)
  const networkSecret = await secretNamed(cloudInit.networkDataSecretRef?.name, instance, ports)
  const userData = cloudInit.userData ?? decoded(cloudInit.userDataBase64) ?? entryOf(secret, 'userdata') ?? ''
  const networkData = cloudInit.networkData ?? decoded(cloudInit.networkDataBase64) ?? entryOf(networkSecret, 'networkdata')
  const hostname = instance.spec.hostname ?? instance.metadata.name ?? 'guest'
  const publicKeys = await publicKeysFor('noCloud', instance, ports)
  const metaData = JSON.stringify({
    'instance-id': `${instance.metadata.name}.${instance.metadata.namespace}`,
    'local-hostname': hostname,
    'public-keys': publicKeys,
  })
  return {
    kind: 'seed',
    label: 'cidata',
    files: {
      'meta-data': `${metaData}\n`,
      'user-data': userData,
      ...(networkData === undefined ? {} : { 'network-config': networkData }),
    },
  }
}

const decoded = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8')
/** KubeVirt reads `userdata` and `userData` alike. */
const entryOf = (secret: Secret | undefined, key: 'userdata' | 'networkdata'): string | undefined =>
  decoded(secret?.data?.[key] ?? secret?.data?.[key.replace('data', 'Data')])
