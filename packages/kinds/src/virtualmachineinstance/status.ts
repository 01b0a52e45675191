// What is seen of an instance, in KubeVirt's words. Pure: the same observation gives the same object, and then
// nothing is written.

import { type ForwardedPort, forwardedPortsAnnotation, isFinal, type VirtualMachineInstance } from '@sheaf/api'
import { type Condition, findCondition, isBeingDeleted, withCondition, withoutCondition } from '@sheaf/api/meta'
import { type Exit, type ExitCause, type Machine, planObstacle } from '@sheaf/qemu'
import { agentLacks, freezeStatusOf, withAgentInterfaces } from './agent/agent-status.ts'
import { condemnedAtMs } from './condemned.ts'
import { migrationStateOf } from '../virtualmachineinstancemigration/status.ts'
import { graceMs, isBeforeLaunch, type Step } from './decide.ts'
import { addressOf } from './launch/guest-address.ts'
import { osInfoOf } from './agent/guest-info.ts'
import type { Findings } from './guest-watch/findings.ts'
import { notRunning, readyCondition } from './ready.ts'
import type { Refusal } from './refusal.ts'

type Status = NonNullable<VirtualMachineInstance['status']>
type Phase = 'Pending' | 'Scheduling' | 'Scheduled' | 'Running' | 'Succeeded' | 'Failed'

export interface Sight {
  machine: Machine | undefined
  refusal: Refusal | undefined
  step: Step
  /** Absent when nobody asks the guest. */
  findings?: Findings
  nodeName: string
  /** RFC 3339. */
  now: string
}

const nodeNameLabel = 'kubevirt.io/nodeName'
const order: readonly Phase[] = ['Pending', 'Scheduling', 'Scheduled', 'Running']

/** It says already that it is not ready: what mirrors it, its VM above all, has nothing to write again before it is. */
export function statusAtBirth(now: string): Status {
  return {
    phase: 'Pending',
    phaseTransitionTimestamps: [{ phase: 'Pending', phaseTransitionTimestamp: now }],
    conditions: [{ type: 'Ready', status: 'False', reason: notRunning[0], message: notRunning[1], lastTransitionTime: now }],
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
  switch (endOf(exit, instance)) {
    case 'guest-shutdown':
    case 'guest-reset':
      return 'Succeeded'
    case 'killed':
      return graceMs(instance) > 0 && instance.spec.domain.features?.acpi?.enabled !== false ? 'Failed' : 'Succeeded'
    // Nobody wanted it to be off: its strategy starts it again.
    case 'host-shutdown':
    case 'liveness-probe':
    case 'guest-panic':
    case 'watchdog':
    case 'crashed':
    case 'failed-to-start':
      return 'Failed'
  }
}

type End = ExitCause | 'liveness-probe'

/** Who was asked to go because its liveness probe had failed has not gone of its own will. */
function endOf({ cause }: Exit, instance: VirtualMachineInstance): End {
  const isAsked = cause === 'guest-shutdown' || cause === 'guest-reset' || cause === 'killed'
  return isAsked && condemnedAtMs(instance) !== undefined ? 'liveness-probe' : cause
}

const reasons: Readonly<Record<End, string>> = {
  'guest-shutdown': 'GuestShutdown',
  'guest-reset': 'GuestReset',
  'guest-panic': 'GuestPanicked',
  watchdog: 'WatchdogFired',
  killed: 'GracePeriodExpired',
  'host-shutdown': 'HostShutdown',
  'liveness-probe': 'LivenessProbeFailed',
  crashed: 'ProcessGone',
  'failed-to-start': 'FailedToStart',
}

/** The guest's own will, ours and the host's are no trouble. */
export const isTrouble = ({ cause }: Exit): boolean =>
  cause === 'guest-panic' || cause === 'watchdog' || cause === 'crashed' || cause === 'failed-to-start'

/** One sentence about an end, with QEMU's last words where it had any. */
export function describeExit(exit: Exit, instance: VirtualMachineInstance): string {
  const sentences: Record<End, string> = {
    'guest-shutdown': 'the guest powered itself off',
    'guest-reset': 'the guest rebooted, which ends it by rebootPolicy Terminate',
    'guest-panic': "the guest's kernel panicked",
    watchdog: 'the guest did not feed its watchdog, which powers it off',
    killed: 'the process was ended because the guest did not shut down within its grace period',
    'liveness-probe': 'its liveness probe failed',
    'host-shutdown': 'it was shut down together with its host',
    crashed: 'the QEMU process ended without a word',
    'failed-to-start': 'QEMU refused to start',
  }
  const sentence = sentences[endOf(exit, instance)]
  return exit.lastWords === '' ? sentence : `${sentence}; last words: ${exit.lastWords}`
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
  const { fsFreezeStatus: before, ...status } = instance.status ?? {}
  const freeze = freezeStatusOf(sight.findings?.agent ?? {}, phase === 'Running' ? before : undefined)
  return {
    ...status,
    ...(freeze === undefined ? {} : { fsFreezeStatus: freeze }),
    phase,
    phaseTransitionTimestamps: transitions(instance, phase, sight.now),
    conditions: conditionsOf(instance, phase, sight) as NonNullable<Status['conditions']>,
    ...(sight.machine === undefined && sight.step.kind !== 'launch' ? {} : { nodeName: sight.nodeName }),
    ...(exit === undefined ? {} : { reason: reasons[endOf(exit, instance)] }),
    ...(sight.machine?.migration && { migrationState: migrationStateOf(sight.machine.migration, sight.nodeName) }),
    ...(phase === 'Running' && sight.machine !== undefined ? whileRunning(instance, sight.machine, sight.findings ?? {}) : {}),
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
  const findings = sight.findings ?? {}
  const readiness = { isRunning: phase === 'Running', isPaused: running?.paused === true, verdict: findings.readiness }
  let conditions = withCondition(instance.status?.conditions, readyCondition(instance, readiness, now))
  for (const type of ['Synchronized', 'PodScheduled'] as const) {
    const failing = failure(type, instance, refusal, machine)
    if (failing !== undefined) conditions = withCondition(conditions, { ...failing, lastTransitionTime: now })
    // A launch that was refused and is tried again has not succeeded yet; a pull that is over has.
    else if (step.kind !== 'launch' || findCondition(conditions, type)?.reason === 'Pulling')
      conditions = withoutCondition(conditions, type)
  }
  if (running?.agentConnected !== true) conditions = withoutCondition(conditions, 'AgentConnected')
  else conditions = withCondition(conditions, { type: 'AgentConnected', status: 'True', lastTransitionTime: now })
  conditions = withGuestConditions(conditions, instance, findings, now)
  if (running === undefined) return withoutCondition(conditions, 'Paused')
  conditions = withCondition(conditions, migratableCondition(machine?.plan, now))
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

/** To another process of QEMU on this node, which is all the moving that there is. What can only be known then is told then. */
function migratableCondition(plan: Machine['plan'] | undefined, now: string): Condition {
  const obstacle = plan && planObstacle(plan)
  return {
    type: 'LiveMigratable',
    ...(obstacle === undefined
      ? { status: 'True' }
      : { status: 'False', reason: 'NotMigratable', message: `cannot migrate VMI: ${obstacle.message}` }),
    lastTransitionTime: now,
  }
}

/** Of what is not known (yet, or any more), what was told before still stands. */
function withGuestConditions(
  before: Condition[],
  instance: VirtualMachineInstance,
  { agent, access }: Findings,
  now: string,
): Condition[] {
  let conditions = before
  if (access !== undefined)
    conditions = withCondition(conditions, {
      type: 'AccessCredentialsSynchronized',
      status: access.kind === 'synchronized' ? 'True' : 'False',
      ...(access.kind === 'synchronized' ? {} : { message: access.message }),
      lastTransitionTime: now,
    })
  if (agent?.commands === undefined) return conditions
  const lacking = agentLacks(instance, agent.commands)
  if (lacking === undefined) return withoutCondition(conditions, 'AgentVersionNotSupported')
  return withCondition(conditions, {
    type: 'AgentVersionNotSupported',
    status: 'True',
    reason: lacking,
    lastTransitionTime: now,
  })
}

function failure(
  type: Refusal['condition'],
  instance: VirtualMachineInstance,
  refusal: Refusal | undefined,
  machine: Machine | undefined,
): Condition | undefined {
  if (refusal?.condition === type) return { type, status: 'False', reason: refusal.reason, message: refusal.message }
  if (type !== 'Synchronized' || machine?.state.kind !== 'exited') return undefined
  const { exit } = machine.state
  if (!isTrouble(exit)) return undefined
  return { type, status: 'False', reason: reasons[exit.cause], message: describeExit(exit, instance) }
}

function whileRunning(instance: VirtualMachineInstance, { plan }: Machine, { agent = {} }: Findings): Partial<Status> {
  const { domain } = instance.spec
  const memory = domain.memory?.guest ?? domain.resources?.requests?.['memory']
  return {
    guestOSInfo: agent.os === undefined ? (instance.status?.guestOSInfo ?? {}) : osInfoOf(agent.os),
    interfaces: withAgentInterfaces(
      plan.interfaces.map((each) => ({
        name: each.name,
        mac: each.macAddress,
        ipAddress: addressOf(each),
        ipAddresses: [addressOf(each)],
        infoSource: 'domain',
        linkState: each.link ?? 'up',
        queueCount: 1,
      })),
      agent.interfaces,
      instance.status?.interfaces,
    ),
    volumeStatus: plan.disks.map((disk, index) => ({
      name: disk.name,
      target: deviceName(plan.disks.slice(0, index), disk.bus),
    })),
    migrationMethod: 'LiveMigration',
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
