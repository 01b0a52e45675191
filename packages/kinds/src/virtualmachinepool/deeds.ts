// What each step does to the members of a pool, in KubeVirt's words.

import { type VirtualMachine, type VirtualMachinePool, virtualMachineDefinition } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { keyOf, resourcePath } from '@sheaf/api/meta'
import type { Deed } from '../set-deed.ts'
import { kubevirtActions } from '../subresources.ts'
import type { Step } from './decide.ts'
import { machineFromPool, updatedMachine } from './machine-from-pool.ts'

export type Work = Extract<Step, { kind: 'scaleOut' | 'scaleIn' | 'heal' | 'update' | 'restart' }>

export function deedsOf(step: Work, pool: VirtualMachinePool, client: Client): Deed[] {
  switch (step.kind) {
    case 'scaleOut':
      return step.ordinals.map((ordinal) => creation(machineFromPool(pool, ordinal), client))
    case 'scaleIn':
    case 'heal':
      return step.machines.map((vm) => deletion(vm, client))
    case 'update':
      return step.machines.map((vm) => update(vm, pool, client))
    case 'restart':
      return step.machines.map((vm) => restart(vm, client))
  }
}

const creation = (vm: VirtualMachine, client: Client): Deed => ({
  success: { reason: 'SuccessfulCreate', message: `Created VM ${nameOf(vm)}` },
  failure: { reason: 'FailedCreate', message: 'Error creating VM' },
  run: () => machines(client).create(vm),
})

function deletion(vm: VirtualMachine, client: Client): Deed {
  const { uid = '' } = vm.metadata
  return {
    success: { reason: 'SuccessfulDelete', message: `Deleted VM ${nameOf(vm)} with uid ${uid} from pool` },
    failure: { reason: 'FailedDelete', message: `Error deleting virtual machine ${nameOf(vm)}` },
    run: () => machines(client).delete(keyOf(vm), { preconditions: { uid } }),
  }
}

const update = (vm: VirtualMachine, pool: VirtualMachinePool, client: Client): Deed => ({
  success: { reason: 'SuccessfulUpdate', message: `Updated VM ${nameOf(vm)}` },
  failure: { reason: 'FailedUpdate', message: `Error updating virtual machine ${nameOf(vm)}` },
  run: () => machines(client).update(updatedMachine(pool, vm)),
})

/** As a user would ask for it, so that every strategy brings the guest back. */
const restart = (vm: VirtualMachine, client: Client): Deed => ({
  success: { reason: 'SuccessfulUpdate', message: `Restarted VM ${nameOf(vm)}: its guest ran an older template` },
  failure: { reason: 'FailedUpdate', message: `Error updating resource ${nameOf(vm)}` },
  run: () => client.request('PUT', restartPath(vm), {}),
})

function restartPath(vm: VirtualMachine): string {
  const { group, versions } = kubevirtActions
  return resourcePath({ ...virtualMachineDefinition, group, version: versions[0] }, keyOf(vm), 'restart')
}

const machines = (client: Client) => client.resource<VirtualMachine>(virtualMachineDefinition)

const nameOf = ({ metadata: { namespace = '', name = '' } }: VirtualMachine): string => `${namespace}/${name}`
