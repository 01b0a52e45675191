// KubeVirt's rules for a pool, as far as they need no other object, and the refusal of what cannot be kept here.

import { type AdmissionPolicy, defaultAdmissionPolicy } from '../../kubevirt.io/v1/admission-policy.ts'
import { validateSelector } from '../../kubevirt.io/v1/validate-selector.ts'
import { validateVirtualMachineSpec } from '../../kubevirt.io/v1/validate-virtual-machine.ts'
import { invalid, notSupported, when } from '../../kubevirt.io/v1/validation/rule.ts'
import { type FieldError, goDurationMs, type LabelSelector, labelSelectorOf, parseLabelSelector } from '../../meta/index.ts'
import type {
  VirtualMachinePool,
  VirtualMachinePoolSelectionPolicy,
  VirtualMachinePoolSelectors,
  VirtualMachinePoolSpec,
} from './virtual-machine-pool.ts'

/** What is wrong, in KubeVirt's words. `old` is what is stored, on update. */
export function validateVirtualMachinePool(
  { spec }: VirtualMachinePool,
  old: VirtualMachinePool | undefined,
  policy: AdmissionPolicy = defaultAdmissionPolicy,
): FieldError[] {
  const template = spec.virtualMachineTemplate
  return [
    ...validateVirtualMachineSpec('spec.virtualMachineTemplate.spec', template.spec, policy, { isNew: old === undefined }),
    ...validateSelector(spec.selector, template.metadata?.labels, old?.spec.selector),
    ...validateMaxUnavailable(spec.maxUnavailable),
    ...validateOneStrategy('spec.updateStrategy', spec.updateStrategy),
    ...validateOneStrategy('spec.scaleInStrategy', spec.scaleInStrategy),
    ...validateSelection('spec.updateStrategy.proactive', spec.updateStrategy?.proactive?.selectionPolicy),
    ...validateSelection('spec.scaleInStrategy.proactive', spec.scaleInStrategy?.proactive?.selectionPolicy),
    ...validateStatePreservation(spec),
    ...validateAutohealing(spec),
  ]
}

function validateMaxUnavailable(maxUnavailable: string | number | undefined): FieldError[] {
  const wrong = (message: string): FieldError[] => [invalid('spec.maxUnavailable', message)]
  if (maxUnavailable === undefined) return []
  if (typeof maxUnavailable === 'number') return maxUnavailable > 0 ? [] : wrong('maxUnavailable must be greater than 0')
  if (!maxUnavailable.endsWith('%')) return wrong('maxUnavailable percentage must end with %')
  const number = maxUnavailable.slice(0, -1)
  if (!/^[+-]?\d+$/.test(number)) {
    return wrong(
      `maxUnavailable percentage value "${number}" is invalid: strconv.Atoi: parsing ${JSON.stringify(number)}: invalid syntax`,
    )
  }
  const percent = Number(number)
  return percent >= 1 && percent <= 100 ? [] : wrong(`maxUnavailable percentage value ${percent} must be between 1 and 100`)
}

function validateOneStrategy(field: string, strategy: object | undefined): FieldError[] {
  const configured = Object.entries(strategy ?? {})
    .filter(([, each]) => each !== undefined && each !== null)
    .map(([name]) => name)
  return when(configured.length > 1, () =>
    invalid(field, `only one strategy can be configured at a time: but found ${configured.join(', ')} strategies`),
  )
}

/** A selector that cannot be read would only be noticed when the pool is to shrink. */
function validateSelection(field: string, policy: VirtualMachinePoolSelectionPolicy | undefined): FieldError[] {
  const { selectors } = policy ?? {}
  if (selectors === undefined) return []
  const at = `${field}.selectionPolicy.selectors`
  return [
    ...unreadable(`${at}.labelSelector`, () => labelSelectorOf(selectors.labelSelector ?? {})),
    ...unreadable(`${at}.nodeSelectorRequirementMatcher`, () => nodeSelectorOf(selectors)),
  ]
}

/** What is asked of a machine's nodeSelector; beside the operators of labels it compares numbers. */
export function nodeSelectorOf({ nodeSelectorRequirementMatcher = [] }: VirtualMachinePoolSelectors): LabelSelector {
  return nodeSelectorRequirementMatcher.flatMap(({ key, operator, values = [] }) => {
    const sign = operator === 'Gt' ? '>' : operator === 'Lt' ? '<' : undefined
    if (sign === undefined) return labelSelectorOf({ matchExpressions: [{ key, operator, values }] })
    return parseLabelSelector(`${key}${sign}${values[0] ?? ''}`)
  })
}

function unreadable(field: string, read: () => LabelSelector): FieldError[] {
  try {
    read()
    return []
  } catch (error) {
    return [invalid(field, error instanceof Error ? error.message : String(error))]
  }
}

/** What a VM leaves behind is its claims and its memory, and neither is kept here for the next one of its name. */
function validateStatePreservation({ scaleInStrategy = {} }: VirtualMachinePoolSpec): FieldError[] {
  return (['opportunistic', 'proactive'] as const).flatMap((strategy) => {
    const asked = scaleInStrategy[strategy]?.statePreservation ?? 'Disabled'
    const field = `spec.scaleInStrategy.${strategy}.statePreservation`
    const instead = 'use Disabled, or scaleInStrategy unmanaged: then no VM is deleted, and each can be stopped and started again'
    return when(asked !== 'Disabled', () =>
      notSupported(
        field,
        `${field} ${asked} is not supported: the state of a deleted VM is not kept for the next one; ${instead}`,
      ),
    )
  })
}

function validateAutohealing({ autohealing }: VirtualMachinePoolSpec): FieldError[] {
  const duration = autohealing?.minFailingToStartDuration
  return when(duration !== undefined && goDurationMs(duration) === undefined, () =>
    invalid(
      'spec.autohealing.minFailingToStartDuration',
      `time: invalid duration ${JSON.stringify(duration)}: write 5m, or 1m30s`,
    ),
  )
}
