// KubeVirt's virtual machines: what its custom resource definitions say beyond the types. Lists without a list type
// are atomic to server-side apply there too (disks, volumes, interfaces, networks, conditions).

import {
  anything,
  atomicList,
  int32,
  mapList,
  nullableTime,
  quantityMap,
  type SchemaOverlay,
  setList,
} from './definition-overlay.ts'

/** KubeVirt's bound on every list of devices, so that one object cannot grow without end. */
const bounded = { maxItems: 256 }
const uint32 = { minimum: 0, maximum: 4_294_967_295 }
const nullable = { nullable: true } as const
const conditionTimes = { lastProbeTime: nullableTime, lastTransitionTime: nullableTime }
const templateMetadata = { ...anything, nullable: true }

const spec: SchemaOverlay = {
  'io.kubevirt.v1.CPU': { properties: { cores: int32, maxSockets: int32, sockets: int32, threads: int32 } },
  'io.kubevirt.v1.Clock': { keepsUnknown: true },
  'io.kubevirt.v1.ConfigMapVolumeSource': { mapType: 'atomic', properties: { name: { default: '' } } },
  'io.kubevirt.v1.ContainerPathVolumeSource': { properties: { path: { maxLength: 4096 }, readOnly: { default: true } } },
  'io.kubevirt.cdi.v1beta1.DataVolumeSpec': { properties: { contentType: { enum: ['kubevirt', 'archive'] } } },
  'io.kubevirt.v1.DataVolumeTemplateSpec': {
    ...nullable,
    properties: { metadata: templateMetadata, status: { nullable: true } },
  },
  'io.kubevirt.v1.Devices': {
    properties: {
      disks: bounded,
      filesystems: atomicList,
      gpus: atomicList,
      hostDevices: atomicList,
      interfaces: bounded,
    },
  },
  'io.kubevirt.v1.DiskIOThreads': { properties: { supplementalPoolThreadCount: int32 } },
  'io.kubevirt.v1.DomainSpec': { properties: { rebootPolicy: { enum: ['Reboot', 'Terminate'] } } },
  'io.kubevirt.v1.FeatureSpinlocks': { properties: { spinlocks: int32 } },
  'io.kubevirt.v1.Port': { properties: { port: int32 } },
  'io.kubevirt.v1.Probe': {
    properties: {
      failureThreshold: int32,
      initialDelaySeconds: int32,
      periodSeconds: int32,
      successThreshold: int32,
      timeoutSeconds: int32,
    },
  },
  'io.kubevirt.v1.QemuGuestAgentSSHPublicKeyAccessCredentialPropagation': { properties: { users: setList } },
  'io.kubevirt.v1.ReservedOverhead': { properties: { memLock: { enum: ['NotRequired', 'Required'] } } },
  'io.kubevirt.v1.ResourceRequirements': { properties: { limits: quantityMap, requests: quantityMap } },
  'io.kubevirt.v1.VirtualMachineInstanceSpec': {
    properties: {
      accessCredentials: { ...bounded, ...atomicList },
      networks: bounded,
      resourceClaims: mapList('name'),
      topologySpreadConstraints: mapList('topologyKey', 'whenUnsatisfiable'),
      utilityVolumes: { ...bounded, ...mapList('name') },
      volumes: bounded,
    },
  },
  // KubeVirt takes a template without a spec, and fails when the machine is to start.
  'io.kubevirt.v1.VirtualMachineInstanceTemplateSpec': { required: ['spec'], properties: { metadata: templateMetadata } },
}

const status: SchemaOverlay = {
  'io.kubevirt.backup.v1alpha1.BackupVolumeInfo': { required: ['volumeName'] },
  'io.kubevirt.v1.AddVolumeOptions': { properties: { dryRun: atomicList } },
  'io.kubevirt.v1.CPUTopology': { properties: { cores: int32, sockets: int32, threads: int32 } },
  'io.kubevirt.v1.ChangedBlockTrackingStatus': nullable,
  'io.kubevirt.v1.ContainerDiskInfo': { properties: { checksum: uint32 } },
  'io.kubevirt.v1.InitrdInfo': { properties: { checksum: uint32 } },
  'io.kubevirt.v1.InstancetypeStatusRef': nullable,
  'io.kubevirt.v1.KernelInfo': { properties: { checksum: uint32 } },
  'io.kubevirt.v1.MigrationConfiguration': {
    properties: { parallelMigrationsPerCluster: int32, parallelOutboundMigrationsPerNode: int32 },
  },
  'io.kubevirt.v1.PersistentVolumeClaimInfo': {
    properties: {
      accessModes: atomicList,
      capacity: quantityMap,
      filesystemOverhead: { pattern: String.raw`^(0(?:\.\d{1,3})?|1)$` },
      requests: quantityMap,
    },
  },
  'io.kubevirt.v1.RemoveVolumeOptions': { properties: { dryRun: atomicList } },
  'io.kubevirt.v1.VirtualMachineCondition': { missing: conditionTimes },
  'io.kubevirt.v1.VirtualMachineInstanceBackupStatus': { ...nullable, properties: { volumes: atomicList } },
  'io.kubevirt.v1.VirtualMachineInstanceCondition': { missing: conditionTimes },
  'io.kubevirt.v1.VirtualMachineInstanceMigrationState': {
    properties: { endTimestamp: nullableTime, startTimestamp: nullableTime, targetCPUSet: atomicList },
  },
  'io.kubevirt.v1.VirtualMachineInstanceMigrationTargetState': { properties: { cpuSet: atomicList } },
  'io.kubevirt.v1.VirtualMachineInstanceNetworkInterface': { properties: { queueCount: int32 } },
  'io.kubevirt.v1.VirtualMachineInstanceStatus': {
    respelled: { vSOCKCID: 'VSOCKCID' },
    properties: {
      VSOCKCID: uint32,
      migratedVolumes: atomicList,
      phaseTransitionTimestamps: atomicList,
      volumeStatus: atomicList,
    },
  },
  'io.kubevirt.v1.VirtualMachineMemoryDumpRequest': nullable,
  'io.kubevirt.v1.VirtualMachineStartFailure': nullable,
  'io.kubevirt.v1.VirtualMachineStatus': {
    properties: { printableStatus: { default: 'Stopped' }, volumeRequests: atomicList },
  },
  'io.kubevirt.v1.VolumeMigrationState': { properties: { migratedVolumes: atomicList } },
}

export const virtualMachines: SchemaOverlay = { ...spec, ...status }
