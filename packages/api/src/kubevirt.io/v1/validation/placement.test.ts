import { describe, expect, it } from 'vitest'
import { findingsOf, machine, type RuleTable } from './sample-machines.ts'

const node = 'spec.affinity.nodeAffinity'
const pod = 'spec.affinity.podAffinity'
const required = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'

interface Requirement {
  key: string
  operator: string
  values?: string[]
}

const withNodeTerm = (term: { matchExpressions?: Requirement[]; matchFields?: Requirement[] }) =>
  // As a manifest may have it: the types know the operators that there are.
  machine({ affinity: { nodeAffinity: { [required]: { nodeSelectorTerms: [term as object] } } } })
const withPodTerm = (term: { topologyKey: string; labelSelector?: { matchExpressions: Requirement[] } }) =>
  machine({ affinity: { podAffinity: { [required]: [term as { topologyKey: string }] } } })

const expression = `${node}.${required}.nodeSelectorTerms[0].matchExpressions[0]`
const field = `${node}.${required}.nodeSelectorTerms[0].matchFields[0]`
const term = `${pod}.${required}[0]`
const said = (type: string, at: string, text: string): string => `${type} · ${at} · ${at}: ${text}`

const table: RuleTable = [
  [
    'no term to select nodes by',
    machine({ affinity: { nodeAffinity: { [required]: { nodeSelectorTerms: [] } } } }),
    said('Required', `${node}.${required}.nodeSelectorTerms`, 'Required value: must have at least one node selector term'),
  ],
  [
    'an operator nobody knows',
    withNodeTerm({ matchExpressions: [{ key: 'a', operator: 'Is', values: ['b'] }] }),
    said('Invalid', `${expression}.operator`, 'Invalid value: "Is": not a valid selector operator'),
  ],
  [
    'In without values',
    withNodeTerm({ matchExpressions: [{ key: 'a', operator: 'In' }] }),
    said('Required', `${expression}.values`, "Required value: must be specified when `operator` is 'In' or 'NotIn'"),
  ],
  [
    'Exists with values',
    withNodeTerm({ matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] }),
    said('Forbidden', `${expression}.values`, "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
  ],
  [
    'Gt with two values',
    withNodeTerm({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1', '2'] }] }),
    said('Required', `${expression}.values`, "Required value: must be specified single value when `operator` is 'Lt' or 'Gt'"),
  ],
  [
    'a field that nodes are not selected by',
    withNodeTerm({ matchFields: [{ key: 'metadata.uid', operator: 'In', values: ['b'] }] }),
    said('Invalid', `${field}.key`, 'Invalid value: "metadata.uid": not a valid field selector key'),
  ],
  [
    'a weight of nought',
    machine({ affinity: { nodeAffinity: { [preferred]: [{ weight: 0, preference: {} }] } } }),
    said('Invalid', `${node}.${preferred}[0].weight`, 'Invalid value: 0: must be in the range 1-100'),
  ],
  [
    'neighbours without a topology',
    withPodTerm({ topologyKey: '' }),
    said('Required', `${term}.topologyKey`, 'Required value: can not be empty'),
  ],
  [
    'neighbours by a comparison',
    withPodTerm({ topologyKey: 'a', labelSelector: { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] } }),
    said('Invalid', `${term}.labelSelector.matchExpressions[0].operator`, 'Invalid value: "Gt": not a valid selector operator'),
  ],
  [
    'a toleration of everything that does not say so',
    machine({ tolerations: [{ value: 'x' }] }),
    said(
      'Invalid',
      'spec.tolerations[0].operator',
      'Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ),
  ],
  [
    'a skew of nought',
    machine({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' }] }),
    said('Invalid', 'spec.topologySpreadConstraints[0].maxSkew', 'Invalid value: 0: must be greater than zero'),
  ],
]

describe('a machine’s placement', () => {
  it.each(table)('%s is refused in Kubernetes’ words', (_, spec, expected) => {
    expect(findingsOf(spec)).toEqual([expected])
  })

  it('is admitted with every operator', () => {
    const expressions = [
      { key: 'a', operator: 'In', values: ['b'] },
      { key: 'a', operator: 'NotIn', values: ['b'] },
      { key: 'a', operator: 'Exists' },
      { key: 'a', operator: 'DoesNotExist' },
      { key: 'a', operator: 'Gt', values: ['1'] },
      { key: 'a', operator: 'Lt', values: ['1'] },
    ]
    const fields = [{ key: 'metadata.name', operator: 'In', values: ['here'] }]
    expect(findingsOf(withNodeTerm({ matchExpressions: expressions, matchFields: fields }))).toEqual([])
  })
})
