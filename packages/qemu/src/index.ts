// The door of the room.

export { type AcceleratorChoice, chooseAccelerator } from './accelerator.ts'
export * from './hypervisor.ts'
export * from './launch-plan.ts'
export { openQemuHypervisor, type QemuHypervisorOptions } from './qemu-hypervisor.ts'
