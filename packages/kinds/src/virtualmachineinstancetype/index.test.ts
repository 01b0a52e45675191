// docs/spec/instancetype.md: the Kinds by themselves, as the API server takes them.

import type { Client } from '@sheaf/api/client'
import type { Json } from '@sheaf/api/meta'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../api-server.fixture.ts'

let api: TestApi
let client: Client
beforeAll(async () => {
  api = await startTestApi()
  ;({ client } = api)
})
afterAll(() => api.server.close())

const group = '/apis/instancetype.kubevirt.io/v1beta1'
const kinds = {
  VirtualMachineInstancetype: `${group}/namespaces/default/virtualmachineinstancetypes`,
  VirtualMachineClusterInstancetype: `${group}/virtualmachineclusterinstancetypes`,
  VirtualMachinePreference: `${group}/namespaces/default/virtualmachinepreferences`,
  VirtualMachineClusterPreference: `${group}/virtualmachineclusterpreferences`,
}
type KindName = keyof typeof kinds
const create = (kind: KindName, name: string, spec: Json) =>
  client.request('POST', kinds[kind], { apiVersion: 'instancetype.kubevirt.io/v1beta1', kind, metadata: { name }, spec })

const ofInstancetypes = ['VirtualMachineInstancetype', 'VirtualMachineClusterInstancetype'] as const
const ofPreferences = ['VirtualMachinePreference', 'VirtualMachineClusterPreference'] as const
const size = { cpu: { guest: 1 }, memory: { guest: '128Mi' } }

describe.each(ofInstancetypes)('IT1 %s', (kind) => {
  it('is taken with CPUs and memory', async () => {
    expect(await create(kind, 'small', size)).toMatchObject({ status: 201 })
  })

  it.each<[Json, string]>([
    [{ memory: { guest: '1Gi' } }, 'spec.cpu: Required value'],
    [{ cpu: {}, memory: { guest: '1Gi' } }, 'spec.cpu.guest: Required value'],
    [{ cpu: { guest: 1 } }, 'spec.memory: Required value'],
    [{ cpu: { guest: 1 }, memory: {} }, 'spec.memory.guest: Required value'],
    [{ cpu: { guest: -1 }, memory: { guest: '1Gi' } }, 'spec.cpu.guest: Invalid value'],
    [{ cpu: { guest: 1 }, memory: { guest: '1Gi', overcommitPercent: 101 } }, 'spec.memory.overcommitPercent: Invalid value'],
  ])('is refused by its schema: %j', async (spec, message) => {
    await expect(create(kind, 'wrong', spec)).rejects.toMatchObject({ code: 422, message: expect.stringContaining(message) })
  })

  it('is refused in the words of its webhook', async () => {
    const memory = { guest: '1Gi', overcommitPercent: 15, hugepages: { pageSize: '2Mi' } }
    await expect(create(kind, 'wrong', { cpu: { guest: 1 }, memory })).rejects.toMatchObject({
      code: 422,
      message: `admission webhook "${kind.toLowerCase()}-validator.instancetype.kubevirt.io" denied the request: spec.memory.overcommitPercent and spec.memory.hugepages should not be requested together.`,
    })
  })
})

it.each(ofPreferences)('IT2 %s is refused in the words of its webhook', async (kind) => {
  await expect(create(kind, 'wrong', { cpu: { preferredCPUTopology: 'dies' } })).rejects.toMatchObject({
    message: `admission webhook "${kind.toLowerCase()}-validator.instancetype.kubevirt.io" denied the request: unknown preferredCPUTopology dies`,
  })
})

it('IT3 the older names are taken, with a warning', async () => {
  await create('VirtualMachinePreference', 'old', { cpu: { preferredCPUTopology: 'preferSpread' } })
  expect(api.log.lines.join()).toContain(
    'PreferredCPUTopology preferSpread is deprecated for removal in a future release, please use spread instead',
  )
})
