// docs/spec/sets.md: priority classes.

import { expect, test } from 'vitest'
import { fieldErrorText } from '../../meta/index.ts'
import { type PriorityClass, priorityClassDefinition, systemPriorityClasses } from './priority-class.ts'

const classOf = (name: string, value: number, fields: Partial<PriorityClass> = {}): PriorityClass => {
  const made: PriorityClass = {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    ...fields,
  }
  priorityClassDefinition.applyDefaults?.(made)
  return made
}
const findings = (object: PriorityClass, old?: PriorityClass) =>
  (priorityClassDefinition.validate?.(object, old) ?? []).map(fieldErrorText)

test('PC1 without a policy it preempts', () => {
  expect(classOf('a', 1).preemptionPolicy).toBe('PreemptLowerPriority')
})

const reserved = "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: "

test.each([
  [classOf('a', 1_000_000_000), []],
  [classOf('a', 1_000_000_001), ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000']],
  [classOf('a', -5, { preemptionPolicy: 'Never' }), []],
  [
    classOf('a', 1, { preemptionPolicy: 'Often' }),
    ['preemptionPolicy: Unsupported value: "Often": supported values: "PreemptLowerPriority", "Never"'],
  ],
  [classOf('system-mine', 1), [`${reserved}system-mine is not a known system priority class`]],
  [classOf('system-node-critical', 1), [`${reserved}value of system-node-critical PriorityClass must be 2000001000`]],
  [
    classOf('system-cluster-critical', 2_000_000_000, { globalDefault: true }),
    [`${reserved}globalDefault of system-cluster-critical PriorityClass must be false`],
  ],
])('PC1 %j', (object, expected) => {
  expect(findings(object)).toEqual(expected)
})

test("PC1 the system's own pass their own rules", () => {
  for (const { metadata, value } of systemPriorityClasses) expect(findings(classOf(metadata.name ?? '', value))).toEqual([])
})

test('PC2 value and policy stay; what it is described as may change', () => {
  const old = classOf('a', 1)
  expect(findings(classOf('a', 1, { description: 'new' }), old)).toEqual([])
  expect(findings(classOf('a', 2, { preemptionPolicy: 'Never' }), old)).toEqual([
    'value: Forbidden: may not be changed in an update.',
    'preemptionPolicy: Invalid value: "Never": field is immutable',
  ])
})
