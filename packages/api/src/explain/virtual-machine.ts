// Why a virtual machine is in its state, since when, and what to do next: one text for the command line and the console.

import type { Event } from '../core/v1/event.ts'
import { effectiveRunStrategy, type RunStrategy } from '../kubevirt.io/v1/run-strategy.ts'
import type { VirtualMachine } from '../kubevirt.io/v1/virtual-machine.ts'
import type { VirtualMachineInstance } from '../kubevirt.io/v1/virtual-machine-instance.ts'
import type { Probe } from '../kubevirt.io/v1/virtual-machine-instance-spec.ts'
import { type Condition, findCondition } from '../meta/index.ts'

export interface Explanation {
  /** One line: what it is, by its strategy. */
  state: string
  /** RFC 3339, where it is known. */
  since: string | undefined
  why: string[]
  next: string[]
}

/** Newest last; older ones say nothing about now. */
const recentEvents = 5

export function explainVirtualMachine(
  vm: VirtualMachine,
  instance: VirtualMachineInstance | undefined,
  events: readonly Event[],
): Explanation {
  const strategy = effectiveRunStrategy(vm.spec)
  const status = vm.status?.printableStatus ?? 'Unknown'
  const name = vm.metadata.name ?? ''
  return {
    state: `${name} is ${status}. Its run strategy is ${strategy}: ${meaning[strategy]}.`,
    since: sinceOf(vm, instance),
    why: [
      ...troubles(vm, instance),
      ...unreadiness(instance, events),
      ...endings(instance),
      ...requests(vm),
      ...tellings(events),
    ],
    next: nextMoves(name, status, strategy, vm),
  }
}

const meaning: Readonly<Record<RunStrategy, string>> = {
  Always: 'it is started whenever it is not running',
  RerunOnFailure: 'it is started again after a failure, and stays off when the guest shuts itself down',
  Manual: 'it is started and stopped only when somebody asks',
  Halted: 'it is kept off',
  Once: 'it is started once and never again',
  WaitAsReceiver: 'it waits for a machine to migrate to it',
}

function sinceOf(vm: VirtualMachine, instance: VirtualMachineInstance | undefined): string | undefined {
  if (vm.metadata.deletionTimestamp !== undefined) return vm.metadata.deletionTimestamp
  const phases = instance?.status?.phaseTransitionTimestamps ?? []
  const entered = phases.findLast((entry) => entry.phase === instance?.status?.phase)?.phaseTransitionTimestamp
  return entered ?? findCondition(vm.status?.conditions, 'Ready')?.lastTransitionTime ?? undefined
}

/** Conditions that say that something is not as it should be. */
function troubles(vm: VirtualMachine, instance: VirtualMachineInstance | undefined): string[] {
  const access = findCondition(instance?.status?.conditions, 'AccessCredentialsSynchronized')
  const conditions: (Condition | undefined)[] = [
    findCondition(vm.status?.conditions, 'Failure'),
    findCondition(vm.status?.conditions, 'RestartRequired'),
    access?.status === 'True' ? undefined : access,
    ...['Synchronized', 'PodScheduled', 'Paused', 'AgentVersionNotSupported'].map((type) =>
      findCondition(instance?.status?.conditions, type),
    ),
  ]
  return conditions
    .filter((condition) => condition !== undefined)
    .map((condition) => [condition.reason ?? condition.type, condition.message].filter(Boolean).join(': '))
}

/** A guest that runs and cannot be used: what is asked of it, and how that went lately. */
function unreadiness(instance: VirtualMachineInstance | undefined, events: readonly Event[]): string[] {
  const probe = instance?.spec.readinessProbe
  const ready = findCondition(instance?.status?.conditions, 'Ready')
  if (probe === undefined || instance?.status?.phase !== 'Running' || ready?.reason !== 'ContainersNotReady') return []
  const { metadata } = instance
  const lately = events
    .filter(({ reason, message, involvedObject }) => {
      const isOfThis = involvedObject.uid === undefined || involvedObject.uid === metadata.uid
      return isOfThis && reason === 'Unhealthy' && message?.startsWith('Readiness probe') === true
    })
    .toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)))
    .at(-1)
  const outcome = lately === undefined ? 'has not succeeded yet' : `does not succeed: ${lately.message}`
  return [`The guest runs, but its readiness probe (${questionOf(probe)}) ${outcome}`]
}

function questionOf({ exec, httpGet, tcpSocket, periodSeconds = 10 }: Probe): string {
  const often = `every ${periodSeconds} s`
  if (httpGet !== undefined) return `HTTP GET ${httpGet.path ?? '/'} on port ${httpGet.port}, ${often}`
  if (tcpSocket !== undefined) return `a connection to port ${tcpSocket.port}, ${often}`
  return exec === undefined ? `a ping of the guest agent, ${often}` : `${(exec.command ?? []).join(' ')} in the guest, ${often}`
}

function endings(instance: VirtualMachineInstance | undefined): string[] {
  const phase = instance?.status?.phase
  if (phase === 'Succeeded') return ['The last run ended because the guest shut down.']
  if (phase === 'Failed')
    return [`The last run failed${instance?.status?.reason === undefined ? '' : ` (${instance.status.reason})`}.`]
  return []
}

function requests(vm: VirtualMachine): string[] {
  const failure = vm.status?.startFailure
  return [
    ...(vm.status?.stateChangeRequests ?? []).map(
      (request) => `A ${request.action.toLowerCase()} has been asked for and is under way.`,
    ),
    ...(failure?.consecutiveFailCount === undefined
      ? []
      : [
          `It failed ${failure.consecutiveFailCount} time(s) in a row before it ran; the next try is at ${failure.retryAfterTimestamp ?? 'once'}.`,
        ]),
  ]
}

function tellings(events: readonly Event[]): string[] {
  const inOrder = events.toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)))
  return inOrder.slice(-recentEvents).map((event) => `${timeOf(event)} ${event.type} ${event.reason}: ${event.message}`)
}

const timeOf = (event: Event): string => event.lastTimestamp ?? event.metadata.creationTimestamp ?? ''

function nextMoves(name: string, status: string, strategy: RunStrategy, vm: VirtualMachine): string[] {
  switch (status) {
    case 'Running':
      return [
        `sheaf console ${name}`,
        `sheaf logs ${name}`,
        ...(findCondition(vm.status?.conditions, 'RestartRequired')
          ? [`sheaf restart ${name}   (to take the changes over)`]
          : []),
      ]
    case 'Stopped':
      if (strategy === 'Once')
        return [`kubectl patch vm ${name} --type=merge -p '{"spec":{"runStrategy":"Always"}}'   (Once does not start it again)`]
      return strategy === 'Always' ? ['It is about to be started.'] : [`sheaf start ${name}`]
    case 'Paused':
      return [`sheaf unpause ${name}`]
    case 'ErrImagePull':
    case 'ImagePullBackOff':
      return ['Put the image where it is looked for, or correct its name: it is tried again by itself.']
    case 'ErrorPvcNotFound':
    case 'ErrorUnschedulable':
      return [`kubectl edit vm ${name}   (take out what this machine does not offer)`]
    case 'CrashLoopBackOff':
      return [
        `kubectl describe vmi ${name}   (QEMU's last words)`,
        `sheaf start ${name}   (tries at once and forgets the failures)`,
      ]
    default:
      return [`kubectl get vm ${name} -w`]
  }
}
