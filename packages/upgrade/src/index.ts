// The door of the room.

export * from './decide.ts'
export * from './inventory.ts'
export * from './plan.ts'
export type { Check, Finding, FixId } from './preflight/check.ts'
export type { PreflightFacts, ReleaseFacts, Room } from './preflight/facts.ts'
export { authorityNoticeDays } from './preflight/platform-checks.ts'
export * from './preflight/preflight.ts'
export * from './sequence.ts'
export * from './version.ts'
