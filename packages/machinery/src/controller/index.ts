export * from './log.ts'
export * from './reconcile.ts'
