export * from './hypervisor.ts'
export * from './launch-plan.ts'
