// ConfigMaps and Secrets as files: what stands under each key.

import { type ConfigMap, configMapDefinition, type Secret, secretDefinition, type VirtualMachineInstance } from '@sheaf/api'
import type { SeedContent } from '@sheaf/qemu'
import type { MachinePorts } from '../../ports.ts'
import { cannotMount } from './missing.ts'

export type KeyedFiles = Readonly<Record<string, SeedContent>>
export type ObjectPorts = Pick<MachinePorts, 'client'>

interface Wanted {
  /** For which volume, for messages. */
  volume: string
  name: string | undefined
  /** One that is not there counts as empty. */
  optional?: boolean | undefined
}

export async function configMapFiles(wanted: Wanted, instance: VirtualMachineInstance, ports: ObjectPorts): Promise<KeyedFiles> {
  const found = await ports.client.resource<ConfigMap>(configMapDefinition).find(keyIn(instance, wanted))
  if (found === undefined) return absent('configmap', wanted)
  return { ...found.data, ...bytesIn(found.binaryData) }
}

export async function secretFiles(wanted: Wanted, instance: VirtualMachineInstance, ports: ObjectPorts): Promise<KeyedFiles> {
  const found = await ports.client.resource<Secret>(secretDefinition).find(keyIn(instance, wanted))
  return found === undefined ? absent('secret', wanted) : bytesIn(found.data)
}

const keyIn = ({ metadata }: VirtualMachineInstance, { name }: Wanted) => ({
  namespace: metadata.namespace ?? '',
  name: name ?? '',
})

function bytesIn(data: Readonly<Record<string, string>> | undefined): KeyedFiles {
  return Object.fromEntries(Object.entries(data ?? {}).map(([key, base64]) => [key, { base64 }]))
}

function absent(kind: 'configmap' | 'secret', { name, optional, volume }: Wanted): KeyedFiles {
  if (optional === true) return {}
  throw cannotMount(volume, `${kind} "${name ?? ''}" not found`)
}
