// A small instance for tests: what admission would have made of a short manifest.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { Machine, MachineState } from '@sheaf/qemu'
import { launchPlanOf } from './launch/launch-plan.ts'

type Overrides = Partial<Pick<VirtualMachineInstance, 'status'>> & {
  spec?: Partial<VirtualMachineInstance['spec']>
  metadata?: Partial<VirtualMachineInstance['metadata']>
}

export function sampleInstance(overrides: Overrides = {}): VirtualMachineInstance {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: {
      name: 'demo',
      namespace: 'default',
      uid: '4b2d6e1c-0d2f-4c5e-9a55-0a8f6f6f0001',
      resourceVersion: '7',
      finalizers: ['kubevirt.io/foregroundDeleteVirtualMachine'],
      ...overrides.metadata,
    },
    spec: {
      domain: {
        devices: {
          disks: [{ name: 'root', disk: { bus: 'virtio' } }],
          interfaces: [{ name: 'default', masquerade: {}, ports: [{ name: 'http', port: 80 }] }],
        },
        memory: { guest: '128Mi' },
        machine: { type: 'q35' },
      },
      networks: [{ name: 'default', pod: {} }],
      volumes: [{ name: 'root', containerDisk: { image: 'sheaf.local/guest:latest' } }],
      ...overrides.spec,
    },
    status: overrides.status ?? {
      phase: 'Pending',
      phaseTransitionTimestamps: [{ phase: 'Pending', phaseTransitionTimestamp: '2026-01-01T00:00:00Z' }],
    },
  }
}

export function sampleMachine(instance: VirtualMachineInstance, state: MachineState): Machine {
  const plan = launchPlanOf(instance, {
    sources: new Map([['root', { kind: 'overlay', backingFile: '/images/guest/disk/disk.img', backingFormat: 'raw' }]]),
    kernel: undefined,
  })
  const forwards = plan.interfaces.flatMap((each) => each.forwards).map((each) => ({ ...each, hostPort: 40_080 }))
  return { id: plan.id, plan, state, forwards, serialLogPath: '/machines/demo/serial.log' }
}

export const running: MachineState = { kind: 'running', pid: 4711, paused: false, startedAt: '2026-01-01T00:00:01Z' }
