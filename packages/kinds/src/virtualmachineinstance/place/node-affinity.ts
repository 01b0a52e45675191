// Whether a node is one of those that an instance asks for. Pure.

import type { VirtualMachineInstance } from '@sheaf/api'
import { type LabelRequirement, matchesLabels } from '@sheaf/api/meta'

type Spec = VirtualMachineInstance['spec']
type NodeAffinity = NonNullable<NonNullable<Spec['affinity']>['nodeAffinity']>
type SelectorTerm = NonNullable<NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']>['nodeSelectorTerms'][number]
type Requirement = NonNullable<SelectorTerm['matchExpressions']>[number]

export interface NodeFace {
  name: string
  labels: Readonly<Record<string, string>>
}

export function fitsNodeAffinity({ affinity, nodeSelector }: Pick<Spec, 'affinity' | 'nodeSelector'>, node: NodeFace): boolean {
  const isSelected = Object.entries(nodeSelector ?? {}).every(([key, value]) => node.labels[key] === value)
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return isSelected && (required === undefined || required.nodeSelectorTerms.some((term) => fitsTerm(term, node)))
}

/** A term that asks for nothing selects nothing. */
function fitsTerm({ matchExpressions = [], matchFields = [] }: SelectorTerm, { name, labels }: NodeFace): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  return (
    matchExpressions.every((each) => meets(each, labels)) && matchFields.every((each) => meets(each, { 'metadata.name': name }))
  )
}

function meets(requirement: Requirement, labels: NodeFace['labels']): boolean {
  const understood = requirementOf(requirement)
  return understood !== undefined && matchesLabels([understood], labels)
}

/** Undefined for what nothing can meet, such as a number that is none: Kubernetes' scheduler passes over it as well. */
function requirementOf({ key, operator, values = [] }: Requirement): LabelRequirement | undefined {
  switch (operator) {
    case 'In':
      return { key, operator: 'in', values }
    case 'NotIn':
      return { key, operator: 'notin', values }
    case 'Exists':
      return { key, operator: 'exists' }
    case 'DoesNotExist':
      return { key, operator: 'absent' }
    case 'Gt':
    case 'Lt': {
      const [value = ''] = values
      return /^-?\d{1,18}$/.test(value) ? { key, operator: operator === 'Gt' ? 'gt' : 'lt', value: BigInt(value) } : undefined
    }
    default:
      return undefined
  }
}
