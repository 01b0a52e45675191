// What cloud-init in the guest reads at its first boot, as a small volume.

import { type Secret, secretDefinition, type VirtualMachineInstance } from '@sheaf/api'
import type { DiskSource } from '@sheaf/qemu'
import type { MachinePorts } from '../ports.ts'
import { Missing } from './missing.ts'
import { refuse } from './refusal.ts'

type NoCloud = NonNullable<NonNullable<VirtualMachineInstance['spec']['volumes']>[number]['cloudInitNoCloud']>
type SecretPorts = Pick<MachinePorts, 'client'>

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
  const metaData = JSON.stringify({
    'instance-id': `${instance.metadata.name}.${instance.metadata.namespace}`,
    'local-hostname': hostname,
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

async function secretNamed(
  name: string | undefined,
  instance: VirtualMachineInstance,
  ports: SecretPorts,
): Promise<Secret | undefined> {
  if (name === undefined) return undefined
  const namespace = instance.metadata.namespace ?? ''
  const secret = await ports.client.resource<Secret>(secretDefinition).find({ namespace, name })
  if (secret === undefined)
    throw new Missing(
      refuse(
        'Synchronized',
        'SecretNotFound',
        `secret "${name}" not found in namespace "${namespace}", waiting for it to appear`,
      ),
    )
  return secret
}
