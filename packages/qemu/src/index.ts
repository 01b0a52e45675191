// The door of the room.

export { type AcceleratorChoice, chooseAccelerator } from './accelerator.ts'
export type * from './agent/protocol.ts'
export { createEmpty, createOverlay, type ImageInfo, imageInfo } from './disk-image.ts'
export { type HostFinding, inspectHost } from './doctor.ts'
export * from './hypervisor.ts'
export * from './launch-plan.ts'
export { openQemuHypervisor, type QemuHypervisorOptions } from './qemu-hypervisor.ts'
export { buildSeedIso } from './seed-iso.ts'
export type { SimulatedAgent, SimulatedService } from './simulated/simulated-guest.ts'
export type { SimulatedClock, SimulatedTimes } from './simulated/simulated-machine.ts'
export { type SimulatedFaults, SimulatedWorld, type SimulatedWorldOptions } from './simulated/simulated-world.ts'
