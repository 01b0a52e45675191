// The parts of a Pod and of a claim that a virtual machine's spec borrows, as KubeVirt's own resource states them.

import { atomicList, int32, intOrString, quantityMap, type SchemaOverlay } from './definition-overlay.ts'

const port = { ...intOrString, description: 'The number of the port, from 1 to 65535, or its name.' }
const preferredAndRequired = {
  preferredDuringSchedulingIgnoredDuringExecution: atomicList,
  requiredDuringSchedulingIgnoredDuringExecution: atomicList,
}
const atomicObject = { mapType: 'atomic' } as const

export const podParts: SchemaOverlay = {
  'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector': { ...atomicObject, properties: { matchExpressions: atomicList } },
  'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement': { properties: { values: atomicList } },
  'io.k8s.api.core.v1.DownwardAPIVolumeFile': { properties: { mode: int32 } },
  'io.k8s.api.core.v1.ExecAction': { properties: { command: atomicList } },
  'io.k8s.api.core.v1.HTTPGetAction': { missing: { port }, properties: { httpHeaders: atomicList }, required: ['port'] },
  'io.k8s.api.core.v1.TCPSocketAction': { missing: { port }, required: ['port'] },
  'io.k8s.api.core.v1.LocalObjectReference': { ...atomicObject, properties: { name: { default: '' } } },
  'io.k8s.api.core.v1.NodeAffinity': { properties: { preferredDuringSchedulingIgnoredDuringExecution: atomicList } },
  'io.k8s.api.core.v1.NodeSelector': { ...atomicObject, properties: { nodeSelectorTerms: atomicList } },
  'io.k8s.api.core.v1.NodeSelectorRequirement': { properties: { values: atomicList } },
  'io.k8s.api.core.v1.NodeSelectorTerm': {
    ...atomicObject,
    properties: { matchExpressions: atomicList, matchFields: atomicList },
  },
  'io.k8s.api.core.v1.ObjectFieldSelector': atomicObject,
  'io.k8s.api.core.v1.PersistentVolumeClaimSpec': { properties: { accessModes: atomicList } },
  'io.k8s.api.core.v1.PodAffinity': { properties: preferredAndRequired },
  'io.k8s.api.core.v1.PodAffinityTerm': {
    properties: { matchLabelKeys: atomicList, mismatchLabelKeys: atomicList, namespaces: atomicList },
  },
  'io.k8s.api.core.v1.PodAntiAffinity': { properties: preferredAndRequired },
  'io.k8s.api.core.v1.PodDNSConfig': { properties: { nameservers: atomicList, options: atomicList, searches: atomicList } },
  'io.k8s.api.core.v1.PreferredSchedulingTerm': { properties: { weight: int32 } },
  'io.k8s.api.core.v1.ResourceFieldSelector': atomicObject,
  'io.k8s.api.core.v1.TopologySpreadConstraint': {
    properties: { matchLabelKeys: atomicList, maxSkew: int32, minDomains: int32 },
  },
  'io.k8s.api.core.v1.TypedLocalObjectReference': atomicObject,
  'io.k8s.api.core.v1.VolumeResourceRequirements': { properties: { limits: quantityMap, requests: quantityMap } },
  'io.k8s.api.core.v1.WeightedPodAffinityTerm': { properties: { weight: int32 } },
}
