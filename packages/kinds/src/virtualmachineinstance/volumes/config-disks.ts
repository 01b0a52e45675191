// Volumes that tell a guest how it is configured: ConfigMaps, Secrets, what is known of the instance itself, and Windows'
// answer files. Each is a small disk, made once at the start: what changes later reaches the guest with its next start.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { DiskSource } from '@sheaf/qemu'
import { downwardFiles } from './downward-files.ts'
import { configMapFiles, type KeyedFiles, type ObjectPorts, secretFiles } from './keyed-content.ts'
import { cannotMount, Missing } from './missing.ts'
import { refuse } from '../refusal.ts'

type Volume = NonNullable<VirtualMachineInstance['spec']['volumes']>[number]
type Sysprep = NonNullable<Volume['sysprep']>

/** What a volume without volumeLabel is called, as in KubeVirt. */
const defaultLabel = 'cfgdata'
const sysprepLabel = 'unattendCD'

/** Undefined for volumes of another sort. */
export async function configDiskOf(
  volume: Volume,
  instance: VirtualMachineInstance,
  ports: ObjectPorts,
): Promise<DiskSource | undefined> {
  const { configMap, downwardAPI, name, secret, serviceAccount, sysprep } = volume
  if (configMap !== undefined) {
    const { name: of, optional } = configMap
    return disk(configMap.volumeLabel, await configMapFiles({ volume: name, name: of, optional }, instance, ports))
  }
  if (secret !== undefined) {
    const { optional, secretName } = secret
    return disk(secret.volumeLabel, await secretFiles({ volume: name, name: secretName, optional }, instance, ports))
  }
  if (downwardAPI !== undefined) return disk(downwardAPI.volumeLabel, downwardFiles(name, downwardAPI.fields ?? [], instance))
  if (sysprep !== undefined) return disk(sysprepLabel, await sysprepFiles(name, sysprep, instance, ports))
  if (serviceAccount !== undefined) throw noServiceAccount(serviceAccount.serviceAccountName ?? '', instance)
  return undefined
}

const disk = (label: string | undefined, files: KeyedFiles): DiskSource => ({ kind: 'seed', label: label || defaultLabel, files })

/** Windows' set-up looks for one of these, in whatever case. */
const answerFiles = ['autounattend.xml', 'unattend.xml']

async function sysprepFiles(
  volume: string,
  { configMap, secret }: Sysprep,
  instance: VirtualMachineInstance,
  ports: ObjectPorts,
): Promise<KeyedFiles> {
  if ((configMap === undefined) === (secret === undefined))
    throw cannotMount(volume, 'sysprep takes its answer files from either a configMap or a secret')
  const files =
    configMap === undefined
      ? await secretFiles({ volume, name: secret?.name }, instance, ports)
      : await configMapFiles({ volume, name: configMap.name }, instance, ports)
  if (Object.keys(files).some((name) => answerFiles.includes(name.toLowerCase()))) return files
  const message = 'Sysprep drive should contain autounattend.xml or unattend.xml but neither were found.'
  throw new Missing(refuse('Synchronized', 'FailedCreate', message))
}

/** There are no service accounts here, and so no tokens that anybody would accept. */
function noServiceAccount(name: string, { metadata }: VirtualMachineInstance): Missing {
  const account = `error looking up service account ${metadata.namespace}/${name}: serviceaccount "${name}" not found`
  return new Missing(refuse('Synchronized', 'FailedCreate', `${account}; no tokens are issued here: take the volume out`))
}
