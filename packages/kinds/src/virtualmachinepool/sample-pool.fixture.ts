// For tests: a pool, and members of it as they stand when all is well.

import type { VirtualMachine, VirtualMachineInstance, VirtualMachinePool, VirtualMachinePoolSpec } from '@sheaf/api'
import { instanceFromTemplate } from '../virtualmachine/instance-from-template.ts'
import { machineFromPool } from './machine-from-pool.ts'

export const labels = { app: 'shop' }
export const nowMs = Date.UTC(2026, 0, 1, 12)
const at = (ms: number): string => new Date(ms).toISOString()

type MachineSpec = VirtualMachinePoolSpec['virtualMachineTemplate']['spec']

interface Sketch extends Partial<Omit<VirtualMachinePoolSpec, 'virtualMachineTemplate'>> {
  machine?: Partial<MachineSpec>
  instance?: Partial<MachineSpec['template']['spec']>
  deleting?: true
}

export function samplePool({ machine = {}, instance = {}, deleting, ...spec }: Sketch = {}): VirtualMachinePool {
  const template = { metadata: { labels }, spec: { domain: { devices: {}, memory: { guest: '64Mi' } }, ...instance } }
  return {
    apiVersion: 'pool.kubevirt.io/v1beta1',
    kind: 'VirtualMachinePool',
    metadata: {
      name: 'shop',
      namespace: 'default',
      uid: 'pool-uid',
      ...(deleting === true ? { deletionTimestamp: at(nowMs) } : {}),
    },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      virtualMachineTemplate: { metadata: { labels }, spec: { runStrategy: 'Always', template, ...machine } },
      ...spec,
    },
  }
}

interface MemberSketch {
  leaving?: true
  born?: number
  status?: VirtualMachine['status']
  labels?: Record<string, string>
}

export function sampleMember(pool: VirtualMachinePool, ordinal: number, sketch: MemberSketch = {}): VirtualMachine {
  const made = machineFromPool(pool, ordinal)
  return {
    ...made,
    metadata: {
      ...made.metadata,
      uid: `uid-${ordinal}`,
      creationTimestamp: at(nowMs + (sketch.born ?? ordinal) * 1_000),
      ...(sketch.leaving === true ? { deletionTimestamp: at(nowMs) } : {}),
      ...(sketch.labels === undefined ? {} : { labels: sketch.labels }),
    },
    status: sketch.status ?? { conditions: [{ type: 'Ready', status: 'True' }], printableStatus: 'Running' },
  }
}

/** The instance that the member runs. */
export function sampleRun(machine: VirtualMachine, { ready = true, leaving = false } = {}): VirtualMachineInstance {
  const made = instanceFromTemplate(machine, { paused: false })
  return {
    ...made,
    metadata: { ...made.metadata, ...(leaving ? { deletionTimestamp: at(nowMs) } : {}) },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }
}
