// The upgrade of the platform itself.

export type * from './platform.ts'
export { releaseActions } from './release-actions.ts'
