// What is seen of an instance, in KubeVirt's words. Pure: the same observation gives the same object, and then
// nothing is written.

import { type ForwardedPort, forwardedPortsAnnotation, isFinal, type VirtualMachineInstance } from '@sheaf/api'
import { type Condition, isBeingDeleted, withCondition, withoutCondition } from '@sheaf/api/meta'
import type { Exit, Machine } from '@sheaf/qemu'
import { graceMs, isBeforeLaunch, type Step } from './decide.ts'
import type { Refusal } from './refusal.ts'

type Status = NonNullable<VirtualMachineInstance['status']>
type Phase = 'Pending' | 'Scheduling' | 'Scheduled' | 'Running' | 'Succeeded' | 'Failed'

export interface Sight {
  machine: Machine | undefined
  refusal: Refusal | undefined
  step: Step
  nodeName: string
  /** RFC 3339. */
  now: string
}

/** The address that QEMU's user-mode network gives every guest. */
const guestAddress = '10.0.2.15'
const nodeNameLabel = 'kubevirt.io/nodeName'
const order: readonly Phase[] = ['Pending', 'Scheduling', 'Scheduled', 'Running']

/** It says already that it is not ready: what mirrors it, its VM above all, has nothing to write again before it is. */
export function statusAtBirth(now: string): Status {
  return {
    phase: 'Pending',
    phaseTransitionTimestamps: [{ phase: 'Pending', phaseTransitionTimestamp: now }],
    conditions: [readyCondition('Pending', now)] as NonNullable<Status['conditions']>,
  }
}

/** The instance as it should read now. */
export function reportOf(instance: VirtualMachineInstance, sight: Sight): VirtualMachineInstance {
  return { ...instance, metadata: metadataOf(instance, sight), status: statusOf(instance, sight) }
}

export function phaseOf(instance: VirtualMachineInstance, { machine, step }: Pick<Sight, 'machine' | 'step'>): Phase {
  if (isFinal(instance)) return instance.status?.phase as Phase
  switch (machine?.state.kind) {
    case undefined:
      if (isBeingDeleted(instance) || !isBeforeLaunch(instance)) return 'Failed'
      return step.kind === 'launch' || instance.status?.phase === 'Scheduled' ? 'Scheduled' : 'Scheduling'
    case 'prepared':
      return 'Scheduled'
    case 'running':
      return 'Running'
    case 'exited':
      return phaseAfter(machine.state.exit, instance)
  }
}

/** Ended by us after the grace period counts as a failure where the guest could have listened, as in KubeVirt. */
function phaseAfter(exit: Exit, instance: VirtualMachineInstance): Phase {
  switch (exit.cause) {
    case 'guest-shutdown':
    case 'guest-reset':
      return 'Succeeded'
    case 'killed':
      return graceMs(instance) > 0 && instance.spec.domain.features?.acpi?.enabled !== false ? 'Failed' : 'Succeeded'
    // Nobody wanted it to be off: its strategy starts it again.
    case 'host-shutdown':
    case 'guest-panic':
    case 'watchdog':
    case 'crashed':
    case 'failed-to-start':
      return 'Failed'
  }
}

const reasons: Readonly<Record<Exit['cause'], string>> = {
  'guest-shutdown': 'GuestShutdown',
  'guest-reset': 'GuestReset',
  'guest-panic': 'GuestPanicked',
  watchdog: 'WatchdogFired',
  killed: 'GracePeriodExpired',
  'host-shutdown': 'HostShutdown',
  crashed: 'ProcessGone',
  'failed-to-start': 'FailedToStart',
}

/** The guest's own will, ours and the host's are no trouble. */
export const isTrouble = ({ cause }: Exit): boolean =>
  cause === 'guest-panic' || cause === 'watchdog' || cause === 'crashed' || cause === 'failed-to-start'

/** One sentence about an end, with QEMU's last words where it had any. */
export function describeExit(exit: Exit): string {
  const sentences: Record<Exit['cause'], string> = {
    'guest-shutdown': 'the guest powered itself off',
    'guest-reset': 'the guest rebooted, which ends it by rebootPolicy Terminate',
    'guest-panic': "the guest's kernel panicked",
    watchdog: 'the guest did not feed its watchdog, which powers it off',
    killed: 'the process was ended because the guest did not shut down within its grace period',
    'host-shutdown': 'it was shut down together with its host',
    crashed: 'the QEMU process ended without a word',
    'failed-to-start': 'QEMU refused to start',
  }
  return exit.lastWords === '' ? sentences[exit.cause] : `${sentences[exit.cause]}; last words: ${exit.lastWords}`
}

function metadataOf(instance: VirtualMachineInstance, { machine, nodeName, step }: Sight): VirtualMachineInstance['metadata'] {
  const scheduled = machine !== undefined || step.kind === 'launch'
  const forwards = machine?.forwards ?? []
  return {
    ...instance.metadata,
    ...(scheduled ? { labels: { ...instance.metadata.labels, [nodeNameLabel]: nodeName } } : {}),
    ...(forwards.length === 0
      ? {}
      : { annotations: { ...instance.metadata.annotations, [forwardedPortsAnnotation]: portsText(forwards) } }),
  }
}

const portsText = (forwards: readonly ForwardedPort[]): string =>
  JSON.stringify(
    forwards.map(({ name, protocol, hostAddress, hostPort, guestPort }) => ({
      name,
      protocol,
      hostAddress,
      hostPort,
      guestPort,
    })),
  )

function statusOf(instance: VirtualMachineInstance, sight: Sight): Status {
  const phase = phaseOf(instance, sight)
  const exit = sight.machine?.state.kind === 'exited' ? sight.machine.state.exit : undefined
  return {
    ...instance.status,
    phase,
    phaseTransitionTimestamps: transitions(instance, phase, sight.now),
    conditions: conditionsOf(instance, phase, sight) as NonNullable<Status['conditions']>,
    ...(sight.machine === undefined && sight.step.kind !== 'launch' ? {} : { nodeName: sight.nodeName }),
    ...(exit === undefined ? {} : { reason: reasons[exit.cause] }),
    ...(phase === 'Running' && sight.machine !== undefined ? whileRunning(instance, sight.machine) : {}),
  }
}

/** Phases that were passed between two looks are written too: the times are what creation-to-running is measured by. */
function transitions(
  instance: VirtualMachineInstance,
  phase: Phase,
  now: string,
): NonNullable<Status['phaseTransitionTimestamps']> {
  const before = instance.status?.phaseTransitionTimestamps ?? []
  if (before.some((entry) => entry.phase === phase)) return before
  const reached = order.indexOf(phase)
  const passed = reached === -1 ? [phase] : order.slice(0, reached + 1)
  const missing = passed.filter((each) => !before.some((entry) => entry.phase === each))
  return [...before, ...missing.map((each) => ({ phase: each, phaseTransitionTimestamp: now }))]
}

function conditionsOf(instance: VirtualMachineInstance, phase: Phase, sight: Sight): Condition[] {
  const { machine, refusal, step, now } = sight
  const running = machine?.state.kind === 'running' ? machine.state : undefined
  let conditions = withCondition(instance.status?.conditions as Condition[] | undefined, readyCondition(phase, now))
  for (const type of ['Synchronized', 'PodScheduled'] as const) {
    const failing = failure(type, refusal, machine)
    if (failing !== undefined) conditions = withCondition(conditions, { ...failing, lastTransitionTime: now })
    // A launch that was refused and is tried again has not succeeded yet.
    else if (step.kind !== 'launch') conditions = withoutCondition(conditions, type)
  }
  if (running?.agentConnected !== true) conditions = withoutCondition(conditions, 'AgentConnected')
  else conditions = withCondition(conditions, { type: 'AgentConnected', status: 'True', lastTransitionTime: now })
  if (running === undefined) return withoutCondition(conditions, 'Paused')
  conditions = withCondition(conditions, {
    type: 'LiveMigratable',
    status: 'False',
    reason: 'NotMigratable',
    message: 'this machine is the only node: there is nowhere to migrate to',
  })
  if (!running.paused) return withoutCondition(conditions, 'Paused')
  return withCondition(conditions, {
    type: 'Paused',
    status: 'True',
    ...(running.failedDisks === undefined
      ? { reason: 'PausedByUser', message: 'VMI was paused by user' }
      : { reason: 'PausedIOError', message: 'VMI was paused, low-level IO error detected' }),
    lastTransitionTime: now,
  })
}

function readyCondition(phase: Phase, now: string): Condition {
  const ready = phase === 'Running'
  return {
    type: 'Ready',
    status: ready ? 'True' : 'False',
    ...(ready ? {} : { reason: 'GuestNotRunning', message: 'Guest VM is not reported as running' }),
    lastTransitionTime: now,
  }
}

function failure(type: Refusal['condition'], refusal: Refusal | undefined, machine: Machine | undefined): Condition | undefined {
  if (refusal?.condition === type) return { type, status: 'False', reason: refusal.reason, message: refusal.message }
  if (type !== 'Synchronized' || machine?.state.kind !== 'exited') return undefined
  const { exit } = machine.state
  if (!isTrouble(exit)) return undefined
  return { type, status: 'False', reason: reasons[exit.cause], message: describeExit(exit) }
}

function whileRunning(instance: VirtualMachineInstance, { plan }: Machine): Partial<Status> {
  const { domain } = instance.spec
  const memory = domain.memory?.guest ?? domain.resources?.requests?.['memory']
  return {
    guestOSInfo: instance.status?.guestOSInfo ?? {},
    interfaces: plan.interfaces.map((each) => ({
      name: each.name,
      mac: each.macAddress,
      ipAddress: guestAddress,
      ipAddresses: [guestAddress],
      infoSource: 'domain',
      queueCount: 1,
      linkState: each.isDown === true ? 'down' : 'up',
    })),
    volumeStatus: plan.disks.map((disk, index) => ({
      name: disk.name,
      target: deviceName(plan.disks.slice(0, index), disk.bus),
    })),
    currentCPUTopology: { cores: plan.cpu.cores, sockets: plan.cpu.sockets, threads: plan.cpu.threads },
    machine: { type: plan.machineType ?? plan.machine },
    ...(memory === undefined ? {} : { memory: { guestAtBoot: memory, guestCurrent: memory, guestRequested: memory } }),
  }
}

/** `vda`, `vdb` for virtio; `sda` … for all others, as the guest's kernel counts them. */
function deviceName(before: Machine['plan']['disks'], bus: Machine['plan']['disks'][number]['bus']): string {
  const isVirtio = bus === 'virtio'
  const letter = String.fromCharCode(97 + before.filter((disk) => (disk.bus === 'virtio') === isVirtio).length)
  return `${isVirtio ? 'vd' : 'sd'}${letter}`
}
