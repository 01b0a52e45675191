// Whether this machine, the only node, takes an instance: the filters of Kubernetes' scheduler, in their order and words.
// Pure. What is only preferred has no say where there is nothing to choose from.

import type { Node, VirtualMachineInstance } from '@sheaf/api'
import { labelSelectorOf, type LabelSelectorObject, matchesLabels } from '@sheaf/api/meta'
import { fitsNodeAffinity } from './node-affinity.ts'

type Spec = VirtualMachineInstance['spec']
type Labels = Readonly<Record<string, string>>
type PodAffinity = NonNullable<NonNullable<Spec['affinity']>['podAffinity']>
type Term = NonNullable<PodAffinity['requiredDuringSchedulingIgnoredDuringExecution']>[number]
type Constraint = NonNullable<Spec['topologySpreadConstraints']>[number]

/** What is looked at beside the instance. */
export interface PlacementSight {
  nodeName: string
  /** Undefined while it is not registered: then it has neither labels nor taints. */
  node: Node | undefined
  /** The other instances that have their place here. */
  neighbours: readonly VirtualMachineInstance[]
  /** The labels of namespaces; asked only by terms that select namespaces. */
  namespaces: ReadonlyMap<string, Labels>
}

/** Why it cannot be placed, as the scheduler would say it; undefined when it can. */
export function whyNotPlaced(instance: VirtualMachineInstance, sight: PlacementSight): string | undefined {
  const { schedulerName } = instance.spec
  if (schedulerName !== undefined && schedulerName !== '' && schedulerName !== 'default-scheduler')
    return `0/1 nodes are available: no scheduler "${schedulerName}" runs here; take schedulerName out of the spec to be placed by the default one.`
  const reasons = reasonsAgainst(instance, sight)
  return reasons.length === 0 ? undefined : `0/1 nodes are available: ${reasons.map((reason) => `1 ${reason}`).join(', ')}.`
}

/** The first filter that objects is the one that speaks. */
function reasonsAgainst(instance: VirtualMachineInstance, sight: PlacementSight): string[] {
  const { node } = sight
  const { spec } = instance
  if (node?.spec?.unschedulable === true && !isTolerated(unschedulableTaint, spec.tolerations ?? []))
    return ['node(s) were unschedulable']
  const taint = node?.spec?.taints?.find((each) => keepsAway(each) && !isTolerated(each, spec.tolerations ?? []))
  if (taint !== undefined) return [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`]
  const nodeLabels = node?.metadata.labels ?? {}
  if (!fitsNodeAffinity(spec, { name: sight.nodeName, labels: nodeLabels }))
    return ["node(s) didn't match Pod's node affinity/selector"]
  const spread = whyNotSpread(instance, sight, nodeLabels)
  if (spread !== undefined) return [spread]
  return whyNotAmong(instance, sight, nodeLabels)
}

interface Taint {
  key: string
  value?: string
  effect: string
}

/** What a cordoned node counts as. */
const unschedulableTaint: Taint = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' }

const keepsAway = ({ effect }: Taint): boolean => effect === 'NoSchedule' || effect === 'NoExecute'

function isTolerated(taint: Taint, tolerations: NonNullable<Spec['tolerations']>): boolean {
  return tolerations.some(({ effect, key, operator, value }) => {
    if (effect && effect !== taint.effect) return false
    if (key && key !== taint.key) return false
    if (operator === 'Exists') return true
    return Boolean(key) && (value ?? '') === (taint.value ?? '')
  })
}

/** On one node there is one domain, so the skew is what the instance itself adds to it, unless more domains are asked for. */
function whyNotSpread(instance: VirtualMachineInstance, sight: PlacementSight, nodeLabels: Labels): string | undefined {
  for (const constraint of instance.spec.topologySpreadConstraints ?? []) {
    if (constraint.whenUnsatisfiable !== 'DoNotSchedule') continue
    if (!Object.hasOwn(nodeLabels, constraint.topologyKey))
      return "node(s) didn't match pod topology spread constraints (missing required label)"
    if (skewOf(constraint, instance, sight) > constraint.maxSkew) return "node(s) didn't match pod topology spread constraints"
  }
  return undefined
}

function skewOf(constraint: Constraint, instance: VirtualMachineInstance, { neighbours }: PlacementSight): number {
  const own = podLabelsOf(instance)
  const isCounted = selectorOf(constraint.labelSelector, own, constraint.matchLabelKeys ?? [], [])
  const here = neighbours.filter((each) => namespaceOf(each) === namespaceOf(instance) && isCounted(podLabelsOf(each))).length
  const least = (constraint.minDomains ?? 1) > 1 ? 0 : here
  return here + (isCounted(own) ? 1 : 0) - least
}

function whyNotAmong(instance: VirtualMachineInstance, sight: PlacementSight, nodeLabels: Labels): string[] {
  const { affinity } = instance.spec
  const hasDomain = ({ topologyKey }: Term): boolean => Object.hasOwn(nodeLabels, topologyKey)
  const near = requiredTerms(affinity?.podAffinity)
  const matching = (term: Term) => sight.neighbours.filter((each) => isMeant(term, instance, each, sight.namespaces))
  // The first of those that want each other finds nobody.
  const isFirst =
    near.every((term) => matching(term).length === 0) && near.every((term) => isMeant(term, instance, instance, sight.namespaces))
  if (!near.every((term) => hasDomain(term) && (isFirst || matching(term).length > 0)))
    return ["node(s) didn't match pod affinity rules"]
  if (requiredTerms(affinity?.podAntiAffinity).some((term) => hasDomain(term) && matching(term).length > 0))
    return ["node(s) didn't match pod anti-affinity rules"]
  const isUnwelcome = sight.neighbours.some((owner) =>
    requiredTerms(owner.spec.affinity?.podAntiAffinity).some(
      (term) => hasDomain(term) && isMeant(term, owner, instance, sight.namespaces),
    ),
  )
  return isUnwelcome ? ["node(s) didn't satisfy existing pods anti-affinity rules"] : []
}

export const requiredTerms = (
  affinity: Pick<PodAffinity, 'requiredDuringSchedulingIgnoredDuringExecution'> | undefined,
): Term[] => affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []

/** Whether a term of `owner` is about `other`. */
function isMeant(
  term: Term,
  owner: VirtualMachineInstance,
  other: VirtualMachineInstance,
  namespaces: PlacementSight['namespaces'],
): boolean {
  const named = term.namespaces ?? []
  const isInNamespace =
    term.namespaceSelector === undefined
      ? (named.length === 0 ? [namespaceOf(owner)] : named).includes(namespaceOf(other))
      : named.includes(namespaceOf(other)) ||
        matchesLabels(labelSelectorOf(term.namespaceSelector), namespaces.get(namespaceOf(other)))
  const isSelected = selectorOf(term.labelSelector, podLabelsOf(owner), term.matchLabelKeys ?? [], term.mismatchLabelKeys ?? [])
  return isInNamespace && isSelected(podLabelsOf(other))
}

/** No selector selects nothing. Keys add what the owner's own labels say; those that it lacks say nothing. */
function selectorOf(
  selector: LabelSelectorObject | undefined,
  own: Labels,
  sameKeys: readonly string[],
  otherKeys: readonly string[],
): (labels: Labels) => boolean {
  if (selector === undefined) return () => false
  const requirements = labelSelectorOf(selector)
  const have = (keys: readonly string[]): string[] => keys.filter((key) => Object.hasOwn(own, key))
  return (labels) =>
    matchesLabels(requirements, labels) &&
    have(sameKeys).every((key) => labels[key] === own[key]) &&
    have(otherKeys).every((key) => labels[key] !== own[key])
}

/** What KubeVirt would put on the pod of an instance. */
const podLabelsOf = ({ metadata }: VirtualMachineInstance): Labels => ({
  ...metadata.labels,
  'kubevirt.io': 'virt-launcher',
  'kubevirt.io/created-by': metadata.uid ?? '',
  'vm.kubevirt.io/name': metadata.name ?? '',
})

const namespaceOf = ({ metadata }: VirtualMachineInstance): string => metadata.namespace ?? ''
