import { expect, test } from 'vitest'
import { instanceFromTemplate } from './instance-from-template.ts'
import { sampleVirtualMachine } from './sample-objects.fixture.ts'

test('the instance has the name of its VM, the metadata and spec of the template, and says whose it is', () => {
  const vm = sampleVirtualMachine('Always')
  vm.spec.template.metadata = { labels: { app: 'web' }, annotations: { note: 'x' }, name: 'ignored' }
  const vmi = instanceFromTemplate(vm, { paused: false })
  expect(vmi.metadata).toMatchObject({
    name: 'web',
    namespace: 'shop',
    labels: { app: 'web' },
    annotations: { note: 'x', 'kubevirt.io/vm-generation': '3' },
    ownerReferences: [{ kind: 'VirtualMachine', name: 'web', uid: 'vm-uid', controller: true, blockOwnerDeletion: true }],
    finalizers: ['kubevirt.io/virtualMachineControllerFinalize'],
  })
  expect(vmi.spec).toMatchObject(vm.spec.template.spec)
  expect(vmi.spec.startStrategy).toBeUndefined()
})

test('a paused start is in the instance only', () => {
  const vm = sampleVirtualMachine('Always')
  expect(instanceFromTemplate(vm, { paused: true }).spec.startStrategy).toBe('Paused')
  expect(vm.spec.template.spec.startStrategy).toBeUndefined()
})

test('a template without a firmware uuid gives the uuid that KubeVirt derives from the name', () => {
  const vm = sampleVirtualMachine('Always')
  expect(instanceFromTemplate(vm, { paused: false }).spec.domain.firmware?.uuid).toBe('d32ff544-f682-571b-8677-3762f07ab8a4')
  vm.spec.template.spec.domain.firmware = { uuid: 'own', serial: 's1' }
  expect(instanceFromTemplate(vm, { paused: false }).spec.domain.firmware).toEqual({ uuid: 'own', serial: 's1' })
})
