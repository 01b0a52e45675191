import { expect, test } from 'vitest'
import { rewriteStored } from './rewrite-patch.ts'

const vm = (spec: object, metadata: object = {}) => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachine',
  metadata: { name: 'a', namespace: 'b', resourceVersion: '7', ...metadata },
  spec,
})

test.each([
  [true, 'Always'],
  [false, 'Halted'],
])('DU20 running: %s is said as runStrategy: %s, only for the very state that was read', (running, runStrategy) => {
  expect(rewriteStored(vm({ running })).patch).toEqual([
    { op: 'test', path: '/metadata/resourceVersion', value: '7' },
    { op: 'test', path: '/spec/running', value: running },
    { op: 'remove', path: '/spec/running' },
    { op: 'add', path: '/spec/runStrategy', value: runStrategy },
  ])
})

test('DU20 what stands in lists is found by its place, and all of an object goes in one patch', () => {
  const dataVolumeTemplates = [{ metadata: { name: 'x' } }, { apiVersion: 'cdi.kubevirt.io/v1beta1', kind: 'DataVolume' }]
  const { patch, rewritten } = rewriteStored(vm({ running: true, dataVolumeTemplates }))
  expect(rewritten.map(({ rule }) => rule.id)).toEqual([
    'running',
    'data-volume-template-apiversion',
    'data-volume-template-kind',
  ])
  expect(patch?.slice(4)).toEqual([
    { op: 'test', path: '/spec/dataVolumeTemplates/1/apiVersion', value: 'cdi.kubevirt.io/v1beta1' },
    { op: 'remove', path: '/spec/dataVolumeTemplates/1/apiVersion' },
    { op: 'test', path: '/spec/dataVolumeTemplates/1/kind', value: 'DataVolume' },
    { op: 'remove', path: '/spec/dataVolumeTemplates/1/kind' },
  ])
})

test.each([
  [
    { group: 'pool.kubevirt.io/v1beta1', kind: 'VirtualMachinePool' },
    { virtualMachineTemplate: { spec: { running: true } } },
    '/spec/virtualMachineTemplate/spec/running',
  ],
  [
    { group: 'harvesterhci.io/v1beta1', kind: 'VirtualMachineTemplateVersion' },
    { vm: { spec: { running: true } } },
    '/spec/vm/spec/running',
  ],
])('DU20 also in what makes machines: %j', ({ group, kind }, spec, path) => {
  const object = { apiVersion: group, kind, metadata: { name: 'a', resourceVersion: '7' }, spec }
  expect(rewriteStored(object).patch?.[1]).toEqual({ op: 'test', path, value: true })
})

test('DU21 what is not certain is left, with the reason and what to do next', () => {
  const { patch, left } = rewriteStored(vm({ running: true, runStrategy: 'Halted' }))
  expect(patch).toBeUndefined()
  expect(left).toMatchObject([{ why: expect.stringContaining('mutually exclusive'), next: expect.stringContaining('Decide') }])
})

test('DU21 a status is left to its controller, and a version is not what is stored', () => {
  const backup = {
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineBackup',
    metadata: { name: 'a', resourceVersion: '7' },
    status: { source: { spec: { running: true } } },
  }
  expect(rewriteStored(backup)).toMatchObject({ patch: undefined, left: [{ why: expect.stringContaining('status') }] })
  const old = { ...vm({}), apiVersion: 'kubevirt.io/v1alpha3' }
  expect(rewriteStored(old)).toMatchObject({ patch: undefined, left: [{ why: expect.stringContaining('version') }] })
})

test('DU22 an object that says nothing deprecated needs nothing', () => {
  expect(rewriteStored(vm({ runStrategy: 'Always' }))).toEqual({ patch: undefined, changes: [], rewritten: [], left: [] })
  expect(rewriteStored(vm({ running: true }), new Set(['other'])).patch).toBeUndefined()
})
