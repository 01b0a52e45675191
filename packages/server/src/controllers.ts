// Every controller that runs in this process.

import {
  type Namespace,
  namespaceDefinition,
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeClaimDefinition,
  persistentVolumeDefinition,
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import {
  type ClaimPorts,
  type CustomResourceDefinitionPorts,
  type GarbageCollectorPorts,
  type NamespacePorts,
  type NodePorts,
  type ResourceQuotaPorts,
  type ServicePorts,
  startClusterRoleController,
  startCustomResourceDefinitionController,
  startDefaultAccountController,
  startEventController,
  startGarbageCollector,
  startMigrationController,
  startNamespaceController,
  startNodeController,
  startPersistentVolumeClaimController,
  startPersistentVolumeController,
  startPoolController,
  startReplicaSetController,
  startResourceQuotaController,
  startRootAuthorityController,
  startServiceController,
  startTokenSecretController,
  startUpgradeController,
  startVersionController,
  startVirtualMachineController,
  startVirtualMachineImageController,
  startVirtualMachineInstanceController,
  type TokenIssuer,
  type UpgradePorts,
  type VersionPorts,
  type VirtualMachineImagePorts,
} from '@sheaf/kinds'
import { type ControllerSnapshot, startInformer } from '@sheaf/machinery/controller'

export interface RunningControllers {
  /** Resolves when the controllers know what there is; they act on it from then on. */
  whenSynced(): Promise<void>
  /** Resolves when each of them knows all that it goes by. */
  whenAllSynced(): Promise<void>
  snapshots(): ControllerSnapshot[]
  stop(): Promise<void>
}

type ControllerPorts = ClaimPorts &
  UpgradePorts &
  NodePorts &
  NamespacePorts &
  GarbageCollectorPorts &
  VirtualMachineImagePorts &
  VersionPorts &
  CustomResourceDefinitionPorts &
  ServicePorts &
  ResourceQuotaPorts & { tokens: TokenIssuer }

export interface ControllerOptions {
  /** False where a release is only rehearsed: the upgrade that it is for is led by another process. */
  leadsUpgrades: boolean
}

export function startControllers(ports: ControllerPorts, { leadsUpgrades }: ControllerOptions): RunningControllers {
  const { client, clock, random, log } = ports
  const follow = { client, clock, random, log }
  const virtualMachines = startInformer<VirtualMachine>({ ...follow, resource: virtualMachineDefinition })
  const instances = startInformer<VirtualMachineInstance>({ ...follow, resource: virtualMachineInstanceDefinition })
  const claims = startInformer<PersistentVolumeClaim>({ ...follow, resource: persistentVolumeClaimDefinition })
  const volumes = startInformer<PersistentVolume>({ ...follow, resource: persistentVolumeDefinition })
  const namespaces = startInformer<Namespace>({ ...follow, resource: namespaceDefinition })
  const controllers = [
    startVirtualMachineController(ports, { virtualMachines, instances }),
    startVirtualMachineInstanceController(ports, { instances, claims }),
    startMigrationController(ports, instances),
    startReplicaSetController(ports, instances),
    startPoolController(ports, virtualMachines),
    startVirtualMachineImageController(ports),
    startPersistentVolumeClaimController(ports, { instances, claims, volumes }),
    startPersistentVolumeController(ports, { claims, volumes }),
    startServiceController(ports, instances),
    startResourceQuotaController(ports, instances),
    ...(leadsUpgrades ? [startUpgradeController(ports, instances), startVersionController(ports)] : []),
    startNamespaceController(ports, namespaces),
    startDefaultAccountController(ports, namespaces),
    startRootAuthorityController(ports, namespaces),
    startTokenSecretController(ports),
    startClusterRoleController(ports),
    startNodeController(ports),
    startEventController(ports),
    startCustomResourceDefinitionController(ports),
    startGarbageCollector({ ...ports, informers: [virtualMachines, instances] }),
  ]
  return {
    async whenSynced() {
      await Promise.all([virtualMachines.whenSynced(), instances.whenSynced()])
    },
    async whenAllSynced() {
      await Promise.all(controllers.map((controller) => controller.whenSynced()))
    },
    snapshots: () => controllers.flatMap((controller) => controller.snapshot()),
    async stop() {
      for (const shared of [virtualMachines, instances, claims, volumes, namespaces]) shared.stop()
      await Promise.all(controllers.map((controller) => controller.stop()))
    },
  }
}
