// The process that copy-store.test.ts kills: it says that it begins, and restores a store.
// Usage: node kill-restorer.ts <path of the store> <path of the copy>

import { restoreStore } from './restore-store.ts'

const [path, copy] = process.argv.slice(2)
if (import.meta.main && path !== undefined && copy !== undefined) {
  process.stdout.write('begins\n')
  await restoreStore({ path, copy, floor: 0 })
}
