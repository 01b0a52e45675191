// Where a machine may be placed. The rules are those of a Pod, in Kubernetes' words; KubeVirt puts the field's path before
// them once more.

import {
  type FieldError,
  fieldErrorText,
  forbidden as forbids,
  invalid as rejects,
  labelValueFinding,
  notSupported as unsupported,
  qualifiedNameFinding,
  required as requires,
} from '../../../meta/index.ts'
import type { VirtualMachineInstanceSpec } from '../virtual-machine-instance-spec.ts'
import type { SpecRule } from './rule.ts'

type Affinity = NonNullable<VirtualMachineInstanceSpec['affinity']>
type NodeTerm = NonNullable<
  NonNullable<Affinity['nodeAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>['nodeSelectorTerms'][number]
type PodAffinity = NonNullable<Affinity['podAffinity']>
type PodTerm = NonNullable<PodAffinity['requiredDuringSchedulingIgnoredDuringExecution']>[number]
type Selector = NonNullable<PodTerm['labelSelector']>

interface Requirement {
  key: string
  operator: string
  values?: readonly string[]
}

export const validatePlacement: SpecRule = (path, spec) =>
  [
    ...validateAffinity(`${path}.affinity`, spec.affinity ?? {}),
    ...validateTolerations(`${path}.tolerations`, spec.tolerations ?? []),
    ...validateSpread(`${path}.topologySpreadConstraints`, spec.topologySpreadConstraints ?? []),
  ].map((error) => ({ ...error, message: fieldErrorText(error) }))

const required = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'

function validateAffinity(path: string, { nodeAffinity, podAffinity, podAntiAffinity }: Affinity): FieldError[] {
  const node = `${path}.nodeAffinity`
  const terms = nodeAffinity?.[required]?.nodeSelectorTerms
  return [
    ...(terms?.length === 0
      ? [requires(`${node}.${required}.nodeSelectorTerms`, 'must have at least one node selector term')]
      : []),
    ...(terms ?? []).flatMap((term, index) => validateNodeTerm(`${node}.${required}.nodeSelectorTerms[${index}]`, term)),
    ...(nodeAffinity?.[preferred] ?? []).flatMap(({ preference, weight }, index) => [
      ...validateWeight(`${node}.${preferred}[${index}]`, weight),
      ...validateNodeTerm(`${node}.${preferred}[${index}].preference`, preference),
    ]),
    ...validatePodAffinity(`${path}.podAffinity`, podAffinity ?? {}),
    ...validatePodAffinity(`${path}.podAntiAffinity`, podAntiAffinity ?? {}),
  ]
}

function validateWeight(path: string, weight: number): FieldError[] {
  return weight >= 1 && weight <= 100 ? [] : [rejects(`${path}.weight`, weight, 'must be in the range 1-100')]
}

function validateNodeTerm(path: string, { matchExpressions = [], matchFields = [] }: NodeTerm): FieldError[] {
  return [
    ...matchExpressions.flatMap((each, index) => {
      const at = `${path}.matchExpressions[${index}]`
      return [...validateValues(at, each, ['Gt', 'Lt']), ...validateKey(`${at}.key`, each.key)]
    }),
    ...matchFields.flatMap((each, index) => validateField(`${path}.matchFields[${index}]`, each)),
  ]
}

function validateField(path: string, { key, operator, values = [] }: Requirement): FieldError[] {
  if (operator !== 'In' && operator !== 'NotIn') return [rejects(`${path}.operator`, operator, 'not a valid selector operator')]
  const oneValue = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
  return [
    ...(values.length === 1 ? [] : [requires(`${path}.values`, oneValue)]),
    ...(key === 'metadata.name' ? [] : [rejects(`${path}.key`, key, 'not a valid field selector key')]),
  ]
}

function validateValues(path: string, { operator, values = [] }: Requirement, comparing: readonly string[]): FieldError[] {
  if (operator === 'In' || operator === 'NotIn')
    return values.length > 0 ? [] : [requires(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
  if (operator === 'Exists' || operator === 'DoesNotExist')
    return values.length === 0
      ? []
      : [forbids(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
  if (!comparing.includes(operator)) return [rejects(`${path}.operator`, operator, 'not a valid selector operator')]
  return values.length === 1 ? [] : [requires(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
}

function validateKey(field: string, key: string): FieldError[] {
  const finding = qualifiedNameFinding(key)
  return finding === undefined ? [] : [rejects(field, key, finding)]
}

function validatePodAffinity(path: string, affinity: PodAffinity): FieldError[] {
  return [
    ...(affinity[required] ?? []).flatMap((term, index) => validatePodTerm(`${path}.${required}[${index}]`, term)),
    ...(affinity[preferred] ?? []).flatMap(({ podAffinityTerm, weight }, index) => [
      ...validateWeight(`${path}.${preferred}[${index}]`, weight),
      ...validatePodTerm(`${path}.${preferred}[${index}].podAffinityTerm`, podAffinityTerm),
    ]),
  ]
}

function validatePodTerm(path: string, { labelSelector, namespaceSelector, topologyKey }: PodTerm): FieldError[] {
  return [
    ...validateSelector(`${path}.labelSelector`, labelSelector ?? {}),
    ...validateSelector(`${path}.namespaceSelector`, namespaceSelector ?? {}),
    ...(topologyKey === ''
      ? [requires(`${path}.topologyKey`, 'can not be empty')]
      : validateKey(`${path}.topologyKey`, topologyKey)),
  ]
}

function validateSelector(path: string, { matchExpressions = [], matchLabels = {} }: Selector): FieldError[] {
  return [
    ...Object.entries(matchLabels).flatMap(([key, value]) => [
      ...validateKey(`${path}.matchLabels`, key),
      ...validateLabelValue(`${path}.matchLabels`, value),
    ]),
    ...matchExpressions.flatMap((each, index) => {
      const at = `${path}.matchExpressions[${index}]`
      return [
        ...validateValues(at, each, []),
        ...validateKey(`${at}.key`, each.key),
        ...(each.values ?? []).flatMap((value, place) => validateLabelValue(`${at}.values[${place}]`, value)),
      ]
    }),
  ]
}

function validateLabelValue(field: string, value: string): FieldError[] {
  const finding = labelValueFinding(value)
  return finding === undefined ? [] : [rejects(field, value, finding)]
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function validateTolerations(path: string, tolerations: NonNullable<VirtualMachineInstanceSpec['tolerations']>): FieldError[] {
  return tolerations.flatMap(({ effect = '', key = '', operator = '', tolerationSeconds, value = '' }, index) => {
    const at = `${path}[${index}]`
    return [
      ...(key === '' ? [] : validateKey(`${at}.key`, key)),
      ...(key === '' && operator !== 'Exists'
        ? [
            rejects(
              `${at}.operator`,
              operator,
              'operator must be Exists when `key` is empty, which means "match all values and all keys"',
            ),
          ]
        : []),
      ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
        ? [rejects(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")]
        : []),
      ...(operator === 'Exists' && value !== ''
        ? [rejects(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'")]
        : []),
      ...(['', 'Equal', 'Exists'].includes(operator) ? [] : [unsupported(`${at}.operator`, operator, ['Equal', 'Exists'])]),
      ...(effect === '' || effects.includes(effect) ? [] : [unsupported(`${at}.effect`, effect, effects)]),
    ]
  })
}

function validateSpread(
  path: string,
  constraints: NonNullable<VirtualMachineInstanceSpec['topologySpreadConstraints']>,
): FieldError[] {
  return constraints.flatMap(({ labelSelector, maxSkew, minDomains, topologyKey, whenUnsatisfiable }, index) => {
    const at = `${path}[${index}]`
    return [
      ...(maxSkew > 0 ? [] : [rejects(`${at}.maxSkew`, maxSkew, 'must be greater than zero')]),
      ...(topologyKey === ''
        ? [requires(`${at}.topologyKey`, 'can not be empty')]
        : validateKey(`${at}.topologyKey`, topologyKey)),
      ...(unsatisfiable.includes(whenUnsatisfiable)
        ? []
        : [unsupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, unsatisfiable)]),
      ...(minDomains !== undefined && minDomains <= 0
        ? [rejects(`${at}.minDomains`, minDomains, 'must be greater than zero')]
        : []),
      ...validateSelector(`${at}.labelSelector`, labelSelector ?? {}),
    ]
  })
}

const unsatisfiable = ['DoNotSchedule', 'ScheduleAnyway']
