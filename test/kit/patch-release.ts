// Makes a release faulty that lies in its slot, in ways that no switch of the product could make it.

import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Puts a statement before all others of a function of the program. */
export function patchRelease(slot: string, name: string, statement: string): void {
  replaceInRelease(slot, new RegExp(`function ${name}\\(.*\\) \\{\\n`), (head) => `${head}${statement}\n`)
}

/** Exactly one of the program's files has it. */
export function replaceInRelease(slot: string, pattern: RegExp, replace: (found: string) => string): void {
  const found = globSync(join(slot, 'dist', '**', '*.mjs')).flatMap((path) => {
    const text = readFileSync(path, 'utf8')
    return pattern.test(text) && !path.endsWith('supervisor.mjs') ? [{ path, text }] : []
  })
  const [only] = found
  if (only === undefined || found.length > 1) throw new Error(`${found.length} files of ${slot} have ${pattern}`)
  writeFileSync(only.path, only.text.replace(pattern, replace))
}
