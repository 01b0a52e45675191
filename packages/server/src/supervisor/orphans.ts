// Releases that an earlier supervisor started and did not live to see end. They end by themselves when it is gone; one that hangs
// does not, and would keep the store from the release that is to serve.

import { readdirSync, readFileSync } from 'node:fs'

/**
 * Guests inherit the environment of the release that started them, so that their words are looked at as well: only a
 * release is told to serve.
 */
export function orphansOf(prefix: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const environment = wordsIn(`/proc/${pid}/environ`)
      const isRelease =
        environment.includes(`SHEAF_PREFIX=${prefix}`) && environment.some((each) => each.startsWith('SHEAF_SUPERVISOR='))
      return isRelease && wordsIn(`/proc/${pid}/cmdline`).includes('serve')
    })
    .map(Number)
}

/** A process may end between any two looks, and others' are not ours to look at. */
function wordsIn(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\0')
  } catch {
    return []
  }
}
