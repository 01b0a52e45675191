import {
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { startInformer } from '@sheaf/machinery/controller'
import { expect, test, vi } from 'vitest'
import { startVirtualMachineController } from './index.ts'
import { createWorld, type Sandbox } from './run-strategy-world.fixture.ts'

const statusIs = (box: Sandbox, word: string) =>
  vi.waitFor(async () => expect((await box.vm())?.status?.printableStatus).toBe(word))

test('the controller follows the VM and the instance of its name, whoever that belongs to', async () => {
  const world = await createWorld()
  const virtualMachines = startInformer<VirtualMachine>({ ...world.ports, resource: virtualMachineDefinition })
  const instances = startInformer<VirtualMachineInstance>({ ...world.ports, resource: virtualMachineInstanceDefinition })
  const controller = startVirtualMachineController(world.ports, { virtualMachines, instances })

  const box = await world.create('Manual')
  await statusIs(box, 'Stopped')
  const { template } = (await box.vms.get(box.key)).spec
  const owner = { apiVersion: 'example.org/v1', kind: 'Other', name: 'other', uid: 'other', controller: true }
  await box.vmis.create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { ...box.key, ownerReferences: [owner] },
    spec: template.spec,
  })
  await vi.waitFor(async () =>
    expect((await box.vm())?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Failure' })),
  )

  await box.endInstance()
  await vi.waitFor(async () =>
    expect((await box.vm())?.status?.conditions).not.toContainEqual(expect.objectContaining({ type: 'Failure' })),
  )
  await box.put('start')
  await statusIs(box, 'Starting')
  await box.setPhase('Running')
  await statusIs(box, 'Running')

  await controller.stop()
  for (const informer of [virtualMachines, instances]) informer.stop()
  world.close()
})
