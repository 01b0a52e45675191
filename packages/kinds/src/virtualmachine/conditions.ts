// status.conditions: what the instance says of itself, and what only the VM can know.

import type { VirtualMachine, VirtualMachineInstance } from '@sheaf/api'
import { type Condition, findCondition, withCondition, withoutCondition } from '@sheaf/api/meta'
import { fieldsChangedSinceStart } from './instance-from-template.ts'
import { isLive } from './observed-instance.ts'

/** What went wrong in the last pass. */
export interface Trouble {
  reason: 'FailedCreate' | 'FailedDelete' | 'FailedFindInstancetype' | 'FailedFindPreference'
  message: string
}

/** Not mirrored from the instance, so not swept away with it. */
const ownTypes: readonly string[] = ['Ready', 'Failure', 'RestartRequired', 'ManualRecoveryRequired']

/** Enough to see what it is about; a rewritten template would fill a screen. */
const mostFieldsNamed = 5

export interface News {
  /** `asBefore` while a step that failed is being tried again. */
  trouble: Trouble | 'none' | 'asBefore'
  /** Whether the template is known in full, or only without its instance type and preference. */
  isTemplateKnown: boolean
  now: string
}

export function conditionsOf(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  { trouble, isTemplateKnown, now }: News,
): Condition[] {
  const before = vm.status?.conditions ?? []
  const own = before.filter((condition) => ownTypes.includes(condition.type))
  const mirrored = (vmi?.status?.conditions ?? []).filter((condition) => !ownTypes.includes(condition.type))
  const ready = withCondition(own, readyCondition(vmi, now))
  const withTrouble = trouble === 'asBefore' ? ready : withOrWithout(ready, 'Failure', failureCondition(trouble, now))
  const all =
    isLive(vmi) && !isTemplateKnown
      ? withTrouble
      : withOrWithout(withTrouble, 'RestartRequired', restartRequiredCondition(vm, vmi, now))
  return [...all, ...mirrored]
}

function withOrWithout(conditions: readonly Condition[], type: string, condition: Condition | undefined): Condition[] {
  return condition === undefined ? withoutCondition(conditions, type) : withCondition(conditions, condition)
}

function readyCondition(vmi: VirtualMachineInstance | undefined, now: string): Condition {
  const notReady = (reason: string, message: string): Condition => {
    return { type: 'Ready', status: 'False', reason, message, lastProbeTime: now, lastTransitionTime: now }
  }
  if (vmi === undefined) return notReady('VMINotExists', 'VMI does not exist')
  return findCondition(vmi.status?.conditions, 'Ready') ?? notReady('VMIConditionMissing', 'VMI is missing the Ready condition')
}

function failureCondition(trouble: Trouble | 'none', now: string): Condition | undefined {
  if (trouble === 'none') return undefined
  return { type: 'Failure', status: 'True', ...trouble, lastTransitionTime: now }
}

function restartRequiredCondition(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  now: string,
): Condition | undefined {
  const fields = isLive(vmi) ? fieldsChangedSinceStart(vm, vmi) : []
  if (fields.length === 0) return undefined
  const named = fields.slice(0, mostFieldsNamed).join(', ')
  const rest = fields.length > mostFieldsNamed ? ` and ${fields.length - mostFieldsNamed} more` : ''
  const message = `a non-live-updatable field was changed in the template spec: ${named}${rest}`
  return { type: 'RestartRequired', status: 'True', message, lastTransitionTime: now }
}
