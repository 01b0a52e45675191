// The door of the room: every Kind, and how its controller is started.

export * from './config-map/index.ts'
export * from './controller-user.ts'
export * from './event/index.ts'
export * from './garbage-collector/index.ts'
export * from './lease/index.ts'
export * from './namespace/index.ts'
export * from './node/host-facts.ts'
export * from './node/index.ts'
export * from './ports.ts'
export * from './secret/index.ts'
export * from './virtualmachine/index.ts'
export * from './virtualmachineinstance/index.ts'
