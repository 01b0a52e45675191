// What is read off a VirtualMachineInstance when its VirtualMachine is decided upon.

import { isFinal, type VirtualMachine, type VirtualMachineInstance } from '@sheaf/api'
import { controllerOf, isBeingDeleted } from '@sheaf/api/meta'

/** Held by the VM until its instance is gone, and by the instance until the VM has recorded how it ended. */
export const controllerFinalizer = 'kubevirt.io/virtualMachineControllerFinalize'

/** It runs or is on its way to run, and nobody has asked it to go. */
export function isLive(vmi: VirtualMachineInstance | undefined): vmi is VirtualMachineInstance {
  return vmi !== undefined && !isFinal(vmi) && !isBeingDeleted(vmi)
}

export function isControlledBy(vmi: VirtualMachineInstance, vm: VirtualMachine): boolean {
  return controllerOf(vmi)?.uid === vm.metadata.uid
}
