// docs/spec/quota.md

import {
  type LimitRange,
  type LimitRangeItem,
  limitRangeDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { expect, test } from 'vitest'
import { smallKinds, startTestApi } from '../api-server.fixture.ts'
import { virtualMachineInstanceAdmission } from '../virtualmachineinstance/admission.ts'

const namespace = 'default'

async function world(...limits: LimitRangeItem[]) {
  const { client } = await startTestApi((ports) => {
    const admission = virtualMachineInstanceAdmission(ports.random, ports.clock, ports.client)
    return [...smallKinds, { definition: virtualMachineInstanceDefinition, admission } as Kind]
  })
  const ranges = client.resource<LimitRange>(limitRangeDefinition)
  const make = (items: LimitRangeItem[], name = 'limits') =>
    ranges.create({ apiVersion: 'v1', kind: 'LimitRange', metadata: { namespace, name }, spec: { limits: items } })
  if (limits.length > 0) await make(limits)
  return { make, instances: client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition) }
}

function instanceOf(
  guest: string,
  resources?: NonNullable<VirtualMachineInstance['spec']['domain']['resources']>,
): VirtualMachineInstance {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { namespace, name: 'demo' },
    spec: { domain: { devices: {}, memory: { guest }, ...(resources && { resources }) } },
  }
}

test('LR1 what an instance does not say is filled in from the limits of its namespace', async () => {
  const { make, instances } = await world()
  expect(
    await make([{ type: 'Container', max: { memory: '4Gi' }, default: { cpu: '2' }, min: { memory: '64Mi' } }]),
  ).toMatchObject({
    spec: {
      limits: [{ default: { memory: '4Gi', cpu: '2' }, defaultRequest: { memory: '4Gi', cpu: '2' }, min: { memory: '64Mi' } }],
    },
  })
  const { spec } = await instances.create(instanceOf('1Gi'))
  expect(spec.domain.resources?.limits).toEqual({ memory: '4Gi', cpu: '2' })
})

test.each<[string, LimitRangeItem, VirtualMachineInstance, string]>([
  [
    'too large',
    { type: 'Container', max: { memory: '1Gi' } },
    instanceOf('2Gi'),
    'maximum memory usage per Container is 1Gi, but request is 2Gi',
  ],
  [
    'too small',
    { type: 'Pod', min: { memory: '1Gi' } },
    instanceOf('512Mi'),
    'minimum memory usage per Pod is 1Gi, but request is 512Mi',
  ],
  [
    'stretched too far',
    { type: 'Container', maxLimitRequestRatio: { memory: '2' } },
    instanceOf('1Gi', { requests: { memory: '1Gi' }, limits: { memory: '4Gi' } }),
    'memory max limit to request ratio per Container is 2, but provided ratio is 4.000000',
  ],
])('LR2 an instance that is %s is refused', async (_, item, instance, why) => {
  const { instances } = await world(item)
  await expect(instances.create(instance)).rejects.toMatchObject({
    code: 403,
    message: `virtualmachineinstances.kubevirt.io "demo" is forbidden: ${why}`,
  })
})

test.each<[string, LimitRangeItem[], string]>([
  [
    'least above most',
    [{ type: 'Container', min: { memory: '2Gi' }, max: { memory: '1Gi' } }],
    'spec.limits[0].min[memory]: Invalid value: "2Gi": min value 2Gi is greater than max value 1Gi',
  ],
  [
    'a default above most',
    [{ type: 'Container', default: { cpu: '3' }, max: { cpu: '2' } }],
    'spec.limits[0].default[cpu]: Invalid value: "3": default value 3 is greater than max value 2',
  ],
  [
    'defaults of Pods',
    [{ type: 'Pod', default: { cpu: '3' } }],
    "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
  ],
  [
    'one type twice',
    [
      { type: 'Pod', max: { cpu: '1' } },
      { type: 'Pod', max: { cpu: '2' } },
    ],
    'spec.limits[1].type: Duplicate value: "Pod"',
  ],
  [
    'an unknown type',
    [{ type: 'Machine', max: { cpu: '1' } }],
    'spec.limits[0].type: Invalid value: "Machine": must be a standard limit type or fully qualified',
  ],
  [
    'a claim without storage',
    [{ type: 'PersistentVolumeClaim' }],
    'spec.limits[0]: Required value: either minimum or maximum storage value is required, but neither was provided',
  ],
  [
    'a ratio below one',
    [{ type: 'Container', maxLimitRequestRatio: { cpu: '500m' } }],
    'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1',
  ],
])('LR3 limits with %s are refused', async (_, items, why) => {
  const { make } = await world()
  await expect(make(items)).rejects.toMatchObject({ code: 422, message: expect.stringContaining(why) })
})
