// Where the spec of a virtual machine stands: in the machine, and in everything that makes or keeps one.

import type { Place } from './deprecation-rule.ts'

/** Specs of a VirtualMachine. */
export const machineSpecs: readonly Place[] = [
  { group: 'kubevirt.io', kinds: ['VirtualMachine'], path: ['spec'] },
  { group: 'pool.kubevirt.io', kinds: ['VirtualMachinePool'], path: ['spec', 'virtualMachineTemplate', 'spec'] },
  { group: 'harvesterhci.io', kinds: ['VirtualMachineTemplateVersion'], path: ['spec', 'vm', 'spec'] },
  { group: 'harvesterhci.io', kinds: ['VirtualMachineBackup'], path: ['status', 'source', 'spec'] },
]

/** What a VirtualMachineInstance is made of (its metadata and spec), with or without a machine around it. */
const instances: readonly Place[] = [
  { group: 'kubevirt.io', kinds: ['VirtualMachineInstance'], path: [] },
  { group: 'kubevirt.io', kinds: ['VirtualMachineInstanceReplicaSet'], path: ['spec', 'template'] },
  ...below(machineSpecs, 'template'),
]
export const instanceSpecs = below(instances, 'spec')
export const instanceMetadata = below(instances, 'metadata')

function below(places: readonly Place[], key: string): Place[] {
  return places.map((place) => ({ ...place, path: [...place.path, key] }))
}
