// The process that copy-store.test.ts kills: it restores a store and kills itself right before its n-th step, where a step is
// anything that may leave a trace on the disk.
// Usage: node kill-restorer.ts <path of the store> <path of the copy> <step>

import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'

const [path, copy, last] = process.argv.slice(2)
let steps = 0

function step(): void {
  if (++steps === Number(last)) process.kill(process.pid, 'SIGKILL')
}

/** Each call of these is a step. */
function count(owner: object, names: readonly string[]): void {
  const methods = owner as Record<string, (...given: unknown[]) => unknown>
  for (const name of names) {
    const original = methods[name]
    if (original === undefined) throw new Error(`there is no ${name} to count`)
    methods[name] = function (this: unknown, ...given: unknown[]) {
      step()
      return original.apply(this, given)
    }
  }
}

if (import.meta.main && path !== undefined && copy !== undefined) {
  count(fs, ['copyFile', 'rename', 'rm', 'open'])
  count(DatabaseSync.prototype, ['exec', 'close'])
  syncBuiltinESMExports()
  const { restoreStore } = await import('./restore-store.ts')
  await restoreStore({ path, copy, floor: 0 })
}
