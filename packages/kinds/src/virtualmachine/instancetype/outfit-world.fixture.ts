// For tests: the world of run strategies, with instance types and preferences in it.

import {
  type ControllerRevision,
  controllerRevisionDefinition,
  type InstancetypeSpec,
  type PreferenceSpec,
  type VirtualMachine,
  type VirtualMachineClusterInstancetype,
  type VirtualMachineClusterPreference,
  type VirtualMachineInstancetype,
  virtualMachineClusterInstancetypeDefinition,
  virtualMachineClusterPreferenceDefinition,
  virtualMachineInstancetypeDefinition,
} from '@sheaf/api'
import { createWorld, type Sandbox } from '../run-strategy-world.fixture.ts'

type Spec = VirtualMachine['spec']
type Strategy = Parameters<Awaited<ReturnType<typeof createWorld>>['create']>[0]

const apiVersion = 'instancetype.kubevirt.io/v1beta1'
export const sizeOf = (cpus: number, guest = '256Mi'): InstancetypeSpec => ({ cpu: { guest: cpus }, memory: { guest } })

export const emptyTemplate: Spec['template'] = { spec: { domain: { devices: {} } } }

export type OutfitWorld = Awaited<ReturnType<typeof createOutfitWorld>>

export async function createOutfitWorld() {
  const world = await createWorld()
  const { client } = world.ports
  const clusterTypes = client.resource<VirtualMachineClusterInstancetype>(virtualMachineClusterInstancetypeDefinition)
  const types = client.resource<VirtualMachineInstancetype>(virtualMachineInstancetypeDefinition)
  const preferences = client.resource<VirtualMachineClusterPreference>(virtualMachineClusterPreferenceDefinition)
  const revisions = client.resource<ControllerRevision>(controllerRevisionDefinition)
  return {
    client,
    clock: world.clock,
    close: world.close,
    clusterTypes,
    types,
    preferences,
    revisions,
    createClusterType: (name: string, spec: InstancetypeSpec) =>
      clusterTypes.create({ apiVersion, kind: 'VirtualMachineClusterInstancetype', metadata: { name }, spec }),
    createType: (name: string, spec: InstancetypeSpec) =>
      types.create({ apiVersion, kind: 'VirtualMachineInstancetype', metadata: { name, namespace: 'shop' }, spec }),
    createPreference: (name: string, spec: PreferenceSpec) =>
      preferences.create({ apiVersion, kind: 'VirtualMachineClusterPreference', metadata: { name }, spec }),
    /** A virtual machine that says nothing of its own. */
    create: (strategy: Strategy, spec: Partial<Spec>): Promise<Sandbox> =>
      world.create(strategy, undefined, { template: emptyTemplate, ...spec }),
  }
}
