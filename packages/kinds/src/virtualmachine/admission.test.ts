import type { VirtualMachine } from '@sheaf/api'
import type { AdmissionRequest } from '@sheaf/machinery/kind'
import { describe, expect, test } from 'vitest'
import { startTestApi } from '../api-server.fixture.ts'
import { virtualMachineAdmission } from './admission.ts'
import { controllerFinalizer } from './observed-instance.ts'
import { sampleRandom, sampleVirtualMachine } from './sample-objects.fixture.ts'

const { client } = await startTestApi()
const admission = virtualMachineAdmission({ random: sampleRandom(), client })

function request(
  object: VirtualMachine,
  change: Partial<AdmissionRequest<VirtualMachine>> = {},
): AdmissionRequest<VirtualMachine> {
  const user = { username: 'somebody', groups: [] }
  const about = {
    namespace: 'shop',
    name: 'web',
    user,
    subresource: undefined,
    oldObject: undefined,
    dryRun: false,
    warn: () => {},
  }
  return { operation: 'CREATE', object, ...about, ...change }
}

async function refusalOf(object: VirtualMachine, change?: Partial<AdmissionRequest<VirtualMachine>>): Promise<unknown> {
  try {
    await admission.validate?.(request(object, change))
    return undefined
  } catch (error) {
    return error
  }
}

describe('what is filled in', () => {
  test('a new VM is held from the first moment on, once', async () => {
    const vm = sampleVirtualMachine('Always', { metadata: { finalizers: ['example.org/held'] } })
    await admission.mutate?.(request(vm))
    await admission.mutate?.(request(vm))
    expect(vm.metadata.finalizers).toEqual(['example.org/held', controllerFinalizer])
  })

  test('a new VM gets the identity that its guest will meet at every start', async () => {
    const vm = sampleVirtualMachine('Always')
    await admission.mutate?.(request(vm))
    const { architecture, domain } = vm.spec.template.spec
    expect(domain.firmware?.uuid).toMatch(/^00000000-/)
    expect(domain.firmware?.serial).toMatch(/^00000000-/)
    expect([architecture, domain.machine?.type]).toEqual(['amd64', 'q35'])
  })

  test('what was sent stays, and an update fills nothing in', async () => {
    const vm = sampleVirtualMachine('Always')
    vm.spec.template.spec.domain.firmware = { uuid: 'own', serial: 's1' }
    vm.spec.template.spec.domain.machine = { type: 'pc-q35-9.2' }
    await admission.mutate?.(request(vm))
    expect(vm.spec.template.spec.domain).toMatchObject({
      firmware: { uuid: 'own', serial: 's1' },
      machine: { type: 'pc-q35-9.2' },
    })
    const stored = sampleVirtualMachine('Always')
    await admission.mutate?.(request(stored, { operation: 'UPDATE' }))
    expect(stored.spec).toEqual(sampleVirtualMachine('Always').spec)
  })

  test('a VM without a template is left to validation', async () => {
    const vm = { ...sampleVirtualMachine('Always'), spec: { runStrategy: 'Always' } } as VirtualMachine
    await admission.mutate?.(request(vm))
    expect(await refusalOf(vm)).toMatchObject({ message: expect.stringMatching(/: missing virtual machine template\.$/) })
    const { spec: _, ...bare } = vm
    await admission.mutate?.(request(bare as VirtualMachine))
    expect(bare).not.toHaveProperty('spec')
  })
})

describe('what is refused', () => {
  test('both fields, in the words of the webhook that KubeVirt has', async () => {
    const vm = sampleVirtualMachine('Always')
    vm.spec.running = true
    const message =
      'Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead'
    expect(await refusalOf(vm)).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: `admission webhook "virtualmachine-validator.kubevirt.io" denied the request: ${message}`,
      details: { causes: [{ reason: 'FieldValueInvalid', message, field: 'spec.running' }] },
    })
  })

  test('a strategy that cannot be followed here', async () => {
    expect(await refusalOf(sampleVirtualMachine('WaitAsReceiver'))).toMatchObject({
      message: expect.stringContaining(
        'Invalid RunStrategy (WaitAsReceiver), DecentralizedLiveMigration feature gate is not enabled',
      ),
    })
  })

  test('nothing of a VM that is being deleted, nor of a status or a deletion', async () => {
    const vm = sampleVirtualMachine('Always')
    vm.spec.running = true
    const deleting = { ...vm, metadata: { ...vm.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
    expect(await refusalOf(deleting, { operation: 'UPDATE' })).toBeUndefined()
    expect(await refusalOf(vm, { operation: 'UPDATE', subresource: 'status' })).toBeUndefined()
    expect(await refusalOf(vm, { operation: 'DELETE' })).toBeUndefined()
  })

  test('more than ten things are counted', async () => {
    const vm = sampleVirtualMachine('Always')
    vm.spec.template.spec.volumes = Array.from({ length: 13 }, (_, index) => ({ name: `volume${index}` }))
    expect(await refusalOf(vm)).toMatchObject({ message: expect.stringMatching(/, and 3 more validation errors$/) })
  })
})

test.each([
  ['instancetype', { kind: 'VirtualMachineInstancetype', name: 'large' }, 'virtualmachineinstancetypes'],
  ['instancetype', { name: 'large' }, 'virtualmachineclusterinstancetypes'],
  ['preference', { name: 'large' }, 'virtualmachineclusterpreferences'],
] as const)('an %s that is not there is refused, because the machine would start smaller: %o', async (field, matcher, plural) => {
  const vm = sampleVirtualMachine('Always')
  const refusal = await refusalOf({ ...vm, spec: { ...vm.spec, [field]: matcher } })
  expect(refusal).toMatchObject({
    code: 422,
    details: { causes: [{ reason: 'FieldValueNotFound', field: `spec.${field}` }] },
    message: expect.stringContaining(`Failure to find ${field}: ${plural}.instancetype.kubevirt.io "large" not found`),
  })
})
