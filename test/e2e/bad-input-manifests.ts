// Manifests that would be taken, and what bends them.

import type { Json, JsonObject } from '@sheaf/api/meta'
import { isJsonObject } from '@sheaf/api/meta'
import { guestMachine } from '../kit/virtual-machines.ts'

export interface SampleManifest {
  /** Where it is posted. */
  path: string
  object: Json
}

const { spec } = guestMachine('bent', 'Halted')
const metadata: JsonObject = { name: 'bent', namespace: 'default', labels: { a: 'b' }, annotations: { c: 'd' } }
const disks = [{ name: 'seed', disk: { bus: 'virtio' }, bootOrder: 1 }]
const volumes = [{ name: 'seed', cloudInitNoCloud: { userData: '#cloud-config' } }]
const instanceSpec = {
  ...spec.template.spec,
  volumes,
  domain: {
    ...spec.template.spec.domain,
    cpu: { cores: 1 },
    resources: { requests: { memory: '64Mi' } },
    devices: { ...spec.template.spec.domain.devices, disks },
  },
}

function sample(path: string, object: unknown): SampleManifest {
  return { path, object: structuredClone(object) as Json }
}

export const sampleManifests: readonly SampleManifest[] = [
  sample('/apis/kubevirt.io/v1/namespaces/default/virtualmachines', {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata,
    spec: { runStrategy: 'Halted', template: { metadata: { labels: { vm: 'bent' } }, spec: instanceSpec } },
  }),
  sample('/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances', {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata,
    spec: instanceSpec,
  }),
  sample('/api/v1/namespaces/default/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { a: 'b' },
    binaryData: { c: 'ZA==' },
  }),
  sample('/api/v1/namespaces/default/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'Opaque',
    data: { a: 'Yg==' },
    stringData: { c: 'd' },
  }),
  sample('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bent' }, spec: {} }),
  sample('/apis/coordination.k8s.io/v1/namespaces/default/leases', {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: { holderIdentity: 'a', leaseDurationSeconds: 5 },
  }),
]

/** A copy with another value at one of its places, counted from the top; undefined takes the place away. */
export function mutated(object: Json, at: number, value: Json | undefined): Json {
  const copy = structuredClone(object)
  const places = placesOf(copy)
  const place = places[at % Math.max(1, places.length)]
  if (place === undefined) return copy
  const { parent, key } = place
  if (Array.isArray(parent)) parent.splice(Number(key), 1, ...(value === undefined ? [] : [value]))
  else if (value === undefined) delete parent[key]
  else parent[key] = value
  return copy
}

function placesOf(value: Json | undefined): { parent: JsonObject | Json[]; key: string }[] {
  if (!Array.isArray(value) && !isJsonObject(value)) return []
  const entries: [string, Json | undefined][] = Object.entries(value)
  return entries.flatMap(([key, inner]) => [{ parent: value, key }, ...placesOf(inner)])
}
