// docs/spec/sets.md: what a pool may say.

import { expect, test } from 'vitest'
import { deprecationWarnings } from '../../deprecation/find-deprecations.ts'
import { validateVirtualMachinePool } from './validate-virtual-machine-pool.ts'
import type { VirtualMachinePool, VirtualMachinePoolSpec } from './virtual-machine-pool.ts'

const labels = { app: 'shop' }

function poolWith(fields: Partial<VirtualMachinePoolSpec> = {}, machine: object = {}): VirtualMachinePool {
  const template = { spec: { domain: { devices: {}, memory: { guest: '64Mi' } } } }
  return {
    apiVersion: 'pool.kubevirt.io/v1beta1',
    kind: 'VirtualMachinePool',
    metadata: { name: 'shop', namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      virtualMachineTemplate: { metadata: { labels }, spec: { runStrategy: 'Always', template, ...machine } },
      ...fields,
    },
  }
}

const messages = (pool: VirtualMachinePool, old?: VirtualMachinePool) =>
  validateVirtualMachinePool(pool, old).map(({ field, message }) => `${field}: ${message}`)

test('VP1 a pool as it should be', () => {
  expect(messages(poolWith())).toEqual([])
})

test('VP1 the template obeys the rules of a VM, and the path leads to it', () => {
  const volumes = { template: { spec: { domain: { devices: { disks: [{ name: 'a' }] }, memory: { guest: '64Mi' } } } } }
  expect(messages(poolWith({}, volumes))).toContain(
    "spec.virtualMachineTemplate.spec.template.spec.domain.devices.disks[0].name: spec.virtualMachineTemplate.spec.template.spec.domain.devices.disks[0].Name 'a' not found.",
  )
  expect(messages(poolWith({}, { runStrategy: 'Sometimes' }))).toEqual([
    'spec.virtualMachineTemplate.spec.runStrategy: Invalid RunStrategy (Sometimes)',
  ])
})

test('VP2 the selector matches the labels of the template, can be read, and stays', () => {
  const other = { matchLabels: { app: 'other' } }
  expect(messages(poolWith({ selector: other }))).toEqual(['spec.selector: selector does not match labels.'])
  const unreadable = { matchExpressions: [{ key: 'app', operator: 'Is', values: ['shop'] }] }
  expect(messages(poolWith({ selector: unreadable }))).toEqual(['spec.selector: "Is" is not a valid label selector operator'])
  const same = { matchExpressions: [{ key: 'app', operator: 'In', values: ['shop'] }] }
  expect(messages(poolWith({ selector: same }), poolWith())).toEqual(['spec.selector: selector is immutable after creation.'])
  expect(messages(poolWith(), poolWith())).toEqual([])
})

test.each([
  [1, []],
  ['25%', []],
  [0, ['maxUnavailable must be greater than 0']],
  ['2', ['maxUnavailable percentage must end with %']],
  ['many%', ['maxUnavailable percentage value "many" is invalid: strconv.Atoi: parsing "many": invalid syntax']],
  ['0%', ['maxUnavailable percentage value 0 must be between 1 and 100']],
  ['101%', ['maxUnavailable percentage value 101 must be between 1 and 100']],
])('VP3 maxUnavailable %j', (maxUnavailable, expected) => {
  expect(messages(poolWith({ maxUnavailable }))).toEqual(expected.map((text) => `spec.maxUnavailable: ${text}`))
})

test('VP3 one strategy at a time', () => {
  const both = { unmanaged: {}, proactive: {} }
  const text = 'only one strategy can be configured at a time: but found unmanaged, proactive strategies'
  expect(messages(poolWith({ updateStrategy: both, scaleInStrategy: both }))).toEqual([
    `spec.updateStrategy: ${text}`,
    `spec.scaleInStrategy: ${text}`,
  ])
})

test('VP3 what selects members can be read', () => {
  const selectors = { nodeSelectorRequirementMatcher: [{ key: 'cpus', operator: 'Gt' as const, values: ['many'] }] }
  const [found] = messages(poolWith({ updateStrategy: { proactive: { selectionPolicy: { selectors } } } }))
  expect(found).toContain('selectors.nodeSelectorRequirementMatcher: unable to parse requirement')
})

test('VP4 state that is not kept is refused by name', () => {
  expect(messages(poolWith({ scaleInStrategy: { proactive: { statePreservation: 'Disabled' } } }))).toEqual([])
  for (const statePreservation of ['Offline', 'Online']) {
    const [found, ...others] = messages(poolWith({ scaleInStrategy: { proactive: { statePreservation } } }))
    expect(found).toContain(`spec.scaleInStrategy.proactive.statePreservation ${statePreservation} is not supported`)
    expect(others).toEqual([])
  }
})

test('VP5 a time to wait is a duration', () => {
  expect(messages(poolWith({ autohealing: { minFailingToStartDuration: '90s' } }))).toEqual([])
  expect(messages(poolWith({ autohealing: { minFailingToStartDuration: 'soon' } }))).toEqual([
    'spec.autohealing.minFailingToStartDuration: time: invalid duration "soon": write 5m, or 1m30s',
  ])
})

test('VP6 whoever writes running into a template is warned', () => {
  expect(deprecationWarnings(poolWith({}, { runStrategy: undefined, running: true }))).toEqual([
    'spec.virtualMachineTemplate.spec.running is deprecated, please use spec.virtualMachineTemplate.spec.runStrategy instead.',
  ])
})
