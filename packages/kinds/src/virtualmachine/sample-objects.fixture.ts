// Objects for tests: a virtual machine and its instance as they stand when all is well.

import type { VirtualMachine, VirtualMachineInstance } from '@sheaf/api'
import type { Random } from '@sheaf/api/meta'
import { controllerReference, instanceFromTemplate } from './instance-from-template.ts'
import { controllerFinalizer } from './observed-instance.ts'

type RunStrategy = NonNullable<VirtualMachine['spec']['runStrategy']>
type Phase = NonNullable<NonNullable<VirtualMachineInstance['status']>['phase']>

export const sampleNowMs = Date.UTC(2026, 0, 1, 12)

export function sampleVirtualMachine(
  runStrategy: RunStrategy | boolean,
  change: { metadata?: VirtualMachine['metadata']; status?: VirtualMachine['status'] } = {},
): VirtualMachine {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'vm-uid',
      generation: 3,
      resourceVersion: '7',
      finalizers: [controllerFinalizer],
      ...change.metadata,
    },
    spec: {
      ...(typeof runStrategy === 'boolean' ? { running: runStrategy } : { runStrategy }),
      template: { spec: { domain: { devices: {}, memory: { guest: '64Mi' } } } },
    },
    ...(change.status === undefined ? {} : { status: change.status }),
  }
}

export function sampleInstance(
  vm: VirtualMachine,
  phase: Phase,
  change: { metadata?: VirtualMachineInstance['metadata']; status?: VirtualMachineInstance['status']; hasRun?: boolean } = {},
): VirtualMachineInstance {
  const made = instanceFromTemplate(vm, { paused: false })
  const hasRun = change.hasRun ?? phase === 'Running'
  return {
    ...made,
    metadata: { ...made.metadata, uid: 'vmi-uid', ownerReferences: [controllerReference(vm)], ...change.metadata },
    status: {
      phase,
      phaseTransitionTimestamps: hasRun ? [{ phase: 'Running', phaseTransitionTimestamp: '2026-01-01T11:00:00Z' }] : [],
      ...change.status,
    },
  }
}

/** Always the same: uuids are numbered, every choice is the largest. */
export function sampleRandom(): Random {
  let drawn = 0
  return { uuid: () => `00000000-0000-4000-8000-${String(++drawn).padStart(12, '0')}`, below: (bound) => bound - 1 }
}
