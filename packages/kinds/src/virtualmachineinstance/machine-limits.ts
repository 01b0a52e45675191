// What an instance may ask for that one machine with user-mode networking does not have. Reported as KubeVirt reports
// a node that lacks it: never ignored in silence.

import type { VirtualMachineInstance } from '@sheaf/api'
import { type Refusal, refuse } from './refusal.ts'

type Spec = VirtualMachineInstance['spec']

const asked: readonly { what: string; isAsked(spec: Spec): boolean }[] = [
  { what: 'another architecture than amd64', isAsked: (spec) => (spec.architecture || 'amd64') !== 'amd64' },
  { what: 'GPU devices', isAsked: (spec) => (spec.domain.devices.gpus ?? []).length > 0 },
  { what: 'host devices', isAsked: (spec) => (spec.domain.devices.hostDevices ?? []).length > 0 },
  {
    what: 'SR-IOV interfaces',
    isAsked: (spec) => (spec.domain.devices.interfaces ?? []).some((each) => each.sriov !== undefined),
  },
  { what: 'networks beside the pod network', isAsked: (spec) => (spec.networks ?? []).some((each) => each.multus !== undefined) },
  {
    what: 'network binding plugins',
    isAsked: (spec) => (spec.domain.devices.interfaces ?? []).some((each) => each.binding !== undefined),
  },
  {
    what: 'time servers by DHCP',
    isAsked: (spec) => (spec.domain.devices.interfaces ?? []).some((each) => (each.dhcpOptions?.ntpServers ?? []).length > 0),
  },
  {
    what: 'private DHCP options',
    isAsked: (spec) => (spec.domain.devices.interfaces ?? []).some((each) => (each.dhcpOptions?.privateOptions ?? []).length > 0),
  },
  { what: 'resource claims', isAsked: (spec) => (spec.resourceClaims ?? []).length > 0 },
  { what: 'hugepages', isAsked: (spec) => spec.domain.memory?.hugepages !== undefined },
  { what: 'dedicated CPUs', isAsked: (spec) => spec.domain.cpu?.dedicatedCpuPlacement === true },
  { what: 'encrypted guest memory', isAsked: (spec) => spec.domain.launchSecurity !== undefined },
  { what: 'shared filesystems', isAsked: (spec) => (spec.domain.devices.filesystems ?? []).length > 0 },
  { what: 'a TPM', isAsked: (spec) => spec.domain.devices.tpm !== undefined },
  { what: 'a watchdog device', isAsked: (spec) => spec.domain.devices.watchdog !== undefined },
  { what: 'a sound device', isAsked: (spec) => spec.domain.devices.sound !== undefined },
]

/** Undefined when this machine can run it. */
export function machineLacks(instance: VirtualMachineInstance): Refusal | undefined {
  const lacking = asked.filter((each) => each.isAsked(instance.spec)).map((each) => each.what)
  if (lacking.length === 0) return undefined
  return refuse(
    'PodScheduled',
    'Unschedulable',
    `0/1 nodes are available: this machine does not offer ${lacking.join(', ')}; take it out of the spec to run here.`,
  )
}
