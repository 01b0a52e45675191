// The Kind VirtualMachineImage, and the controller that brings images here and takes them away.

import { type VirtualMachineImage, virtualMachineImageDefinition } from '@sheaf/api'
import { isBeingDeleted, keyOf } from '@sheaf/api/meta'
import { type Controller, outsideChanges, ownObjects, startController, startInformer } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { virtualMachineImageAdmission } from './admission.ts'
import type { VirtualMachineImagePorts } from './ports.ts'
import { reconcileImage } from './reconciler.ts'
import { uploadActions } from './upload-actions.ts'

export * from './image-store.ts'
export type { VirtualMachineImagePorts } from './ports.ts'

export function virtualMachineImageKind(
  ports: Pick<VirtualMachineImagePorts, 'client' | 'hypervisor' | 'imageStore'>,
): Kind<VirtualMachineImage> {
  return {
    definition: virtualMachineImageDefinition,
    admission: virtualMachineImageAdmission(ports),
    actions: uploadActions(ports),
  }
}

/** Passes wait for the store and for files that are removed; downloads go on by themselves. */
const workers = 2

export function startVirtualMachineImageController(ports: VirtualMachineImagePorts): Controller {
  const { client, clock, random, log, imageStore, hypervisor } = ports
  const resource = virtualMachineImageDefinition
  const images = startInformer<VirtualMachineImage>({ client, resource, clock, random, log })
  return startController({
    name: 'virtualmachineimage',
    reconcile: (key) => reconcileImage(key, ports),
    sources: [
      ownObjects(images),
      outsideChanges((enqueue) => {
        const subscription = imageStore.onChange(({ namespace, name }) => enqueue({ namespace, name }))
        return () => subscription.close()
      }),
      // A machine that ends may have been what an image waited for.
      outsideChanges((enqueue) => {
        const subscription = hypervisor.onChange(() => images.list().filter(isBeingDeleted).map(keyOf).forEach(enqueue))
        return () => subscription.close()
      }),
    ],
    workers,
    owns: [images],
    clock,
    random,
    log,
  })
}
