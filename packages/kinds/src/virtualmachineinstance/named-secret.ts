// A Secret that an instance names, or word that it is missing.

import { type Secret, secretDefinition, type VirtualMachineInstance } from '@sheaf/api'
import type { MachinePorts } from '../ports.ts'
import { Missing } from './missing.ts'
import { refuse } from './refusal.ts'

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
