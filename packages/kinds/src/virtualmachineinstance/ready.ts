// Whether an instance can be used, in the words that KubeVirt copies from the pod in which it would run. Pure.

import type { VirtualMachineInstance } from '@sheaf/api'
import { type Condition, findCondition } from '@sheaf/api/meta'
import type { Verdict } from './probe/tally.ts'

export interface Readiness {
  isRunning: boolean
  isPaused: boolean
  /** Of its readiness probe; undefined until there is one. */
  verdict: Verdict | undefined
}

export function readyCondition(instance: VirtualMachineInstance, readiness: Readiness, now: string): Condition {
  const problem = whyNot(instance, readiness)
  return {
    type: 'Ready',
    status: problem === undefined ? 'True' : 'False',
    ...(problem === undefined ? {} : { reason: problem[0], message: problem[1] }),
    lastTransitionTime: now,
  }
}

export const notRunning = ['GuestNotRunning', 'Guest VM is not reported as running'] as const

function whyNot(
  instance: VirtualMachineInstance,
  { isRunning, isPaused, verdict }: Readiness,
): readonly [reason: string, message: string] | undefined {
  if (!isRunning) return notRunning
  if (isPaused)
    return [
      'ReadinessGatesNotReady',
      'the status of pod readiness gate "kubevirt.io/virtual-machine-unpaused" is not "True", but False',
    ]
  if (instance.spec.readinessProbe === undefined) return undefined
  // Until a new control plane has asked often enough, what was found out before still stands.
  const passes =
    verdict === undefined ? findCondition(instance.status?.conditions, 'Ready')?.status === 'True' : verdict === 'passes'
  return passes ? undefined : ['ContainersNotReady', 'containers with unready status: [compute]']
}
