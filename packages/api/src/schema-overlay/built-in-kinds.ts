// Kubernetes' own Kinds: how lists are merged, by strategic merge patch and by server-side apply.

import {
  anything,
  atomicList,
  int32,
  intOrString,
  mapList,
  mergedBy,
  nullableTime,
  quantityMap,
  type SchemaOverlay,
  setList,
} from './definition-overlay.ts'

const conditions = { ...mapList('type'), ...mergedBy('type') }
/** Go writes a list that is not there as null where it may not leave it out. */
const nullableList = { ...atomicList, nullable: true } as const
const bytes = { additionalProperties: { type: 'string', format: 'byte' } } as const

export const builtInKinds: SchemaOverlay = {
  'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': {
    properties: {
      creationTimestamp: nullableTime,
      deletionTimestamp: nullableTime,
      finalizers: { ...setList, ...mergedBy() },
      ownerReferences: { ...mapList('uid'), ...mergedBy('uid') },
      managedFields: atomicList,
    },
  },
  'io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry': {
    properties: {
      fieldsV1: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      time: nullableTime,
    },
  },
  'io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference': { mapType: 'atomic' },
  'io.k8s.api.core.v1.ObjectReference': { mapType: 'atomic' },
  'io.k8s.api.core.v1.ConfigMap': { properties: { binaryData: bytes } },
  'io.k8s.api.core.v1.Secret': { properties: { data: bytes } },
  'io.k8s.api.core.v1.ServiceAccount': {
    properties: { secrets: { ...mapList('name'), ...mergedBy('name') }, imagePullSecrets: atomicList },
  },
  'io.k8s.api.rbac.v1.Role': { properties: { rules: nullableList } },
  'io.k8s.api.rbac.v1.ClusterRole': { properties: { rules: nullableList } },
  'io.k8s.api.rbac.v1.RoleBinding': { properties: { subjects: atomicList } },
  'io.k8s.api.rbac.v1.ClusterRoleBinding': { properties: { subjects: atomicList } },
  'io.k8s.api.rbac.v1.RoleRef': { mapType: 'atomic' },
  'io.k8s.api.rbac.v1.Subject': { mapType: 'atomic' },
  'io.k8s.api.core.v1.Event': {
    properties: { count: int32, eventTime: nullableTime, firstTimestamp: nullableTime, lastTimestamp: nullableTime },
  },
  'io.k8s.api.core.v1.EventSeries': { properties: { count: int32, lastObservedTime: nullableTime } },
  'io.k8s.api.events.v1.Event': {
    properties: {
      deprecatedCount: int32,
      deprecatedFirstTimestamp: nullableTime,
      deprecatedLastTimestamp: nullableTime,
      eventTime: nullableTime,
    },
  },
  'io.k8s.api.events.v1.EventSeries': { properties: { count: int32, lastObservedTime: nullableTime } },
  'io.k8s.api.scheduling.v1.PriorityClass': { properties: { value: int32 } },
  'io.k8s.api.core.v1.LimitRangeSpec': { properties: { limits: atomicList } },
  'io.k8s.api.core.v1.LimitRangeItem': {
    properties: {
      default: quantityMap,
      defaultRequest: quantityMap,
      max: quantityMap,
      maxLimitRequestRatio: quantityMap,
      min: quantityMap,
    },
  },
  'io.k8s.api.core.v1.NodeSelector': { mapType: 'atomic', properties: { nodeSelectorTerms: atomicList } },
  'io.k8s.api.core.v1.PersistentVolumeClaimCondition': {
    properties: { lastProbeTime: nullableTime, lastTransitionTime: nullableTime },
  },
  'io.k8s.api.core.v1.PersistentVolumeClaimSpec': { properties: { accessModes: atomicList } },
  'io.k8s.api.core.v1.PersistentVolumeClaimStatus': {
    properties: { accessModes: atomicList, allocatedResources: quantityMap, capacity: quantityMap, conditions },
  },
  'io.k8s.api.core.v1.PersistentVolumeSpec': {
    properties: {
      accessModes: atomicList,
      capacity: quantityMap,
      mountOptions: atomicList,
    },
  },
  'io.k8s.api.core.v1.PersistentVolumeStatus': { properties: { lastPhaseTransitionTime: nullableTime } },
  'io.k8s.api.core.v1.VolumeResourceRequirements': { properties: { limits: quantityMap, requests: quantityMap } },
  'io.k8s.api.storage.v1.StorageClass': { properties: { allowedTopologies: atomicList, mountOptions: atomicList } },
  'io.k8s.api.core.v1.NamespaceSpec': { properties: { finalizers: atomicList } },
  'io.k8s.api.core.v1.NamespaceStatus': { properties: { conditions } },
  'io.k8s.api.core.v1.NamespaceCondition': { properties: { lastTransitionTime: nullableTime } },
  'io.k8s.api.core.v1.NodeSpec': { properties: { podCIDRs: { ...setList, ...mergedBy() }, taints: atomicList } },
  'io.k8s.api.core.v1.Taint': { properties: { timeAdded: nullableTime } },
  'io.k8s.api.core.v1.NodeStatus': {
    properties: {
      addresses: { ...mapList('type'), ...mergedBy('type') },
      allocatable: quantityMap,
      capacity: quantityMap,
      conditions,
      images: atomicList,
      runtimeHandlers: atomicList,
      volumesAttached: atomicList,
      volumesInUse: atomicList,
    },
  },
  'io.k8s.api.core.v1.NodeCondition': { properties: { lastHeartbeatTime: nullableTime, lastTransitionTime: nullableTime } },
  'io.k8s.api.core.v1.ContainerImage': { properties: { names: atomicList } },
  'io.k8s.api.core.v1.DaemonEndpoint': { respelled: { port: 'Port' }, properties: { Port: int32 }, required: ['Port'] },
  'io.k8s.api.core.v1.ServiceSpec': {
    properties: {
      clusterIPs: atomicList,
      externalIPs: atomicList,
      healthCheckNodePort: int32,
      ipFamilies: atomicList,
      loadBalancerSourceRanges: atomicList,
      ports: { ...mapList('port', 'protocol'), ...mergedBy('port') },
      selector: { 'x-kubernetes-map-type': 'atomic' },
    },
  },
  'io.k8s.api.core.v1.ServicePort': {
    properties: { nodePort: int32, port: int32, protocol: { default: 'TCP' }, targetPort: intOrString },
  },
  'io.k8s.api.core.v1.ClientIPConfig': { properties: { timeoutSeconds: int32 } },
  'io.k8s.api.core.v1.ServiceStatus': { properties: { conditions } },
  'io.k8s.api.core.v1.LoadBalancerStatus': { properties: { ingress: atomicList } },
  'io.k8s.api.core.v1.LoadBalancerIngress': { properties: { ports: atomicList } },
  'io.k8s.api.core.v1.PortStatus': { properties: { port: int32 } },
  'io.k8s.api.core.v1.Endpoints': { properties: { subsets: atomicList } },
  'io.k8s.api.core.v1.EndpointSubset': {
    properties: { addresses: atomicList, notReadyAddresses: atomicList, ports: atomicList },
  },
  'io.k8s.api.core.v1.EndpointAddress': { mapType: 'atomic' },
  'io.k8s.api.core.v1.EndpointPort': { mapType: 'atomic', properties: { port: int32 } },
  'io.k8s.api.discovery.v1.EndpointSlice': { properties: { endpoints: atomicList, ports: atomicList } },
  'io.k8s.api.discovery.v1.Endpoint': { properties: { addresses: setList } },
  'io.k8s.api.discovery.v1.EndpointHints': { properties: { forNodes: atomicList, forZones: atomicList } },
  'io.k8s.api.discovery.v1.EndpointPort': { mapType: 'atomic', properties: { port: int32 } },
  'io.k8s.api.apps.v1.ControllerRevision': { properties: { data: anything } },
  'io.k8s.api.coordination.v1.LeaseSpec': {
    properties: {
      acquireTime: nullableTime,
      leaseDurationSeconds: int32,
      leaseTransitions: int32,
      renewTime: nullableTime,
    },
  },
}
