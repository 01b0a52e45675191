// What an instance's priority class means on one machine: it must be there, as Kubernetes demands when it makes the pod,
// and has no effect, because nobody else's machines could be ended in its favour.

import { type PriorityClass, priorityClassDefinition, type VirtualMachineInstance } from '@sheaf/api'
import type { Ports } from '../../ports.ts'
import { type Refusal, refuse } from '../refusal.ts'

export async function priorityClassLacks(
  { spec: { priorityClassName: name } }: VirtualMachineInstance,
  { client }: Pick<Ports, 'client'>,
): Promise<Refusal | undefined> {
  if (!name) return undefined
  const found = await client.resource<PriorityClass>(priorityClassDefinition).find({ namespace: '', name })
  return found === undefined ? refuse('Synchronized', 'FailedCreate', `no PriorityClass with name ${name} was found`) : undefined
}
