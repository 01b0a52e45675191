// What is known of why a virtual machine, or an instance, is in its state: the weightiest first.

import type { Event } from '../core/v1/event.ts'
import { effectiveRunStrategy } from '../kubevirt.io/v1/run-strategy.ts'
import type { VirtualMachine } from '../kubevirt.io/v1/virtual-machine.ts'
import type { VirtualMachineInstance } from '../kubevirt.io/v1/virtual-machine-instance.ts'
import { type Condition, findCondition } from '../meta/index.ts'
import { byTime, timeOf } from './event-order.ts'
import { unreadiness } from './unreadiness.ts'

export interface Seen {
  /** Undefined where an instance stands alone. */
  vm: VirtualMachine | undefined
  instance: VirtualMachineInstance | undefined
  events: readonly Event[]
  /** The last that the guest printed, where it has ended in trouble. */
  consoleTail?: string
}

/** Newest last; older ones say nothing about now. */
const recentEvents = 5
/** Enough for a panic's reason; a whole trace is for the log. */
const mostConsoleLines = 8

export function knownFacts(seen: Seen): string[] {
  const { vm, instance, events } = seen
  return [
    ...troubles(vm, instance),
    ...unreadiness(instance, events),
    ...endings(instance),
    ...lastWords(seen),
    ...(vm === undefined ? [] : [...requests(vm), ...failedStarts(vm, instance, events), ...holders(vm)]),
    ...tellings(events),
  ]
}

/** Conditions that say that something is not as it should be. */
function troubles(vm: VirtualMachine | undefined, instance: VirtualMachineInstance | undefined): string[] {
  const access = findCondition(instance?.status?.conditions, 'AccessCredentialsSynchronized')
  const conditions: (Condition | undefined)[] = [
    findCondition(vm?.status?.conditions, 'Failure'),
    findCondition(vm?.status?.conditions, 'ManualRecoveryRequired'),
    findCondition(vm?.status?.conditions, 'RestartRequired'),
    access?.status === 'True' ? undefined : access,
    ...['Synchronized', 'PodScheduled', 'Paused', 'AgentVersionNotSupported'].map((type) =>
      findCondition(instance?.status?.conditions, type),
    ),
  ]
  return conditions
    .filter((condition) => condition !== undefined)
    .map((condition) => [condition.reason ?? condition.type, condition.message].filter(Boolean).join(': '))
}

/** By the reason in the instance's status. */
const endingSentences: Readonly<Record<string, string>> = {
  GuestShutdown: 'The last run ended because the guest shut down.',
  GuestReset: 'The last run ended because the guest rebooted, and its rebootPolicy is Terminate.',
  GuestPanicked: "The last run failed: the guest's kernel panicked.",
  LivenessProbeFailed: 'The last run was ended because its liveness probe failed.',
  GracePeriodExpired: 'The last run was ended because the guest did not shut down within its grace period.',
  HostShutdown: 'The last run ended together with its host.',
  ProcessGone: 'The last run failed: the QEMU process ended without a word.',
  FailedToStart: 'The last run failed: QEMU refused to start.',
}

function endings(instance: VirtualMachineInstance | undefined): string[] {
  const { phase, reason } = instance?.status ?? {}
  if (phase !== 'Succeeded' && phase !== 'Failed') return []
  const known = reason === undefined ? undefined : endingSentences[reason]
  if (known !== undefined) return [known]
  const told = reason === undefined ? '' : ` (${reason})`
  return [phase === 'Failed' ? `The last run failed${told}.` : `The last run ended in order${told}.`]
}

function lastWords({ consoleTail = '' }: Seen): string[] {
  const lines = consoleTail.split('\n').map(printable).filter(Boolean).slice(-mostConsoleLines)
  return lines.length === 0 ? [] : ['The last that the guest printed:', ...lines.map((line) => `  ${line}`)]
}

/** What a terminal would obey is not for this page. */
function printable(line: string): string {
  return line.replace(/\p{Cc}\[[0-9;?]*[A-Za-z]|\p{Cc}/gu, '').trim()
}

function requests({ status }: VirtualMachine): string[] {
  return (status?.stateChangeRequests ?? []).map(
    (request) => `A ${request.action.toLowerCase()} has been asked for and is under way.`,
  )
}

function failedStarts(vm: VirtualMachine, instance: VirtualMachineInstance | undefined, events: readonly Event[]): string[] {
  const { consecutiveFailCount, retryAfterTimestamp } = vm.status?.startFailure ?? {}
  if (consecutiveFailCount === undefined) return []
  const times = consecutiveFailCount === 1 ? 'once' : `${consecutiveFailCount} times in a row`
  const isTriedAgain = effectiveRunStrategy(vm.spec) !== 'Once'
  const next = isTriedAgain ? `the next try is at ${retryAfterTimestamp ?? 'an unknown time'}` : 'Once does not try again'
  // While the failed instance is there its conditions say it.
  const why = instance === undefined ? events.filter(isTroubleOfInstance).toSorted(byTime).at(-1) : undefined
  return [
    `It failed ${times} before its guest ran; ${next}.`,
    ...(why === undefined ? [] : [`What the last one said: ${why.message ?? ''}`]),
  ]
}

function isTroubleOfInstance({ type, involvedObject }: Event): boolean {
  return type === 'Warning' && involvedObject.kind === 'VirtualMachineInstance'
}

/** Who else must agree before it can go. */
function holders({ metadata }: VirtualMachine): string[] {
  const others = (metadata.finalizers ?? []).filter((finalizer) => !finalizer.startsWith('kubevirt.io/'))
  if (metadata.deletionTimestamp === undefined || others.length === 0) return []
  return [`It is held by ${others.join(', ')}: whoever put that there must take it away.`]
}

function tellings(events: readonly Event[]): string[] {
  return events
    .toSorted(byTime)
    .slice(-recentEvents)
    .map((event) => `${timeOf(event)} ${event.type} ${event.reason}: ${event.message}`)
}
