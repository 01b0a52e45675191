// The releases of this tree, built once for all end-to-end tests of a run.

import { inject } from 'vitest'
import { buildReleases, type Releases } from './build-releases.ts'

/** Building one packs a hundred megabytes. */
export const buildMs = 240_000

export const ensureReleases = (): Promise<Releases> => buildReleases(inject('releases'))

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for them that goes when all tests are through. */
    releases: string
  }
}
