// A Secret that an instance names, or word that it is missing.

import { type Secret, secretDefinition, type VirtualMachineInstance } from '@sheaf/api'
import type { MachinePorts } from '../../ports.ts'
import { cannotMount } from './missing.ts'

export type SecretPorts = Pick<MachinePorts, 'client'>

/** Throws Missing. */
export async function secretNamed(
  name: string | undefined,
  instance: VirtualMachineInstance,
  ports: SecretPorts,
): Promise<Secret | undefined> {
  if (name === undefined) return undefined
  const namespace = instance.metadata.namespace ?? ''
  const secret = await ports.client.resource<Secret>(secretDefinition).find({ namespace, name })
  // KubeVirt gives it to the launcher's pod as a volume of that name.
  if (secret === undefined) throw cannotMount(`${name}-access-cred`, `secret "${name}" not found`)
  return secret
}
