// What each step does to the instances of a set, in KubeVirt's words.

import { type VirtualMachineInstance, type VirtualMachineInstanceReplicaSet, virtualMachineInstanceDefinition } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { keyOf } from '@sheaf/api/meta'
import type { Deed } from '../set-deed.ts'
import type { Step } from './decide.ts'
import { instanceFromSet } from './instance-from-set.ts'

export type Work = Extract<Step, { kind: 'create' | 'deleteSurplus' | 'deleteEnded' }>

export function deedsOf(step: Work, set: VirtualMachineInstanceReplicaSet, client: Client): Deed[] {
  switch (step.kind) {
    case 'create':
      return Array.from({ length: step.count }, () => creation(set, client))
    case 'deleteSurplus':
      return step.instances.map((vmi) =>
        deletion(vmi, client, {
          success: `Stopped the virtual machine by deleting the virtual machine instance ${vmi.metadata.uid}`,
          failure: `Error deleting virtual machine instance ${vmi.metadata.name}`,
        }),
      )
    case 'deleteEnded':
      return step.instances.map((vmi) =>
        deletion(vmi, client, {
          success: `Deleted finished virtual machine: ${vmi.metadata.uid}`,
          failure: `Error deleting finished virtual machine ${vmi.metadata.name}`,
        }),
      )
  }
}

function creation(set: VirtualMachineInstanceReplicaSet, client: Client): Deed {
  const success = { reason: 'SuccessfulCreate', message: '' }
  return {
    success,
    failure: { reason: 'FailedCreate', message: 'Error creating virtual machine instance' },
    async run() {
      const { metadata } = await instances(client).create(instanceFromSet(set))
      success.message = `Started the virtual machine by creating the new virtual machine instance ${metadata.name}`
    },
  }
}

function deletion(vmi: VirtualMachineInstance, client: Client, words: Record<'success' | 'failure', string>): Deed {
  return {
    success: { reason: 'SuccessfulDelete', message: words.success },
    failure: { reason: 'FailedDelete', message: words.failure },
    run: () => instances(client).delete(keyOf(vmi), { preconditions: { uid: vmi.metadata.uid ?? '' } }),
  }
}

const instances = (client: Client) => client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
