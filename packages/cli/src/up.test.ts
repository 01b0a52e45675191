import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-up-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** What it says on its standard error, with a server that ends at once. */
async function sheaf(command: string): Promise<string> {
  const program = join(folder, 'sheaf')
  await writeFile(program, '#!/bin/sh\nexit 7\n')
  await chmod(program, 0o755)
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const env = { ...process.env, SHEAF_DATA: folder, SHEAF_PROGRAM: program }
  return new Promise((resolve) =>
    execFile(process.execPath, [main, command], { env }, (_error, _stdout, stderr) => resolve(stderr)),
  )
}

it.each(['', '{}', '{"clusters":[{"cluster":{"server":"nowhere"}}],"users":[{"user":{"token":"t"}}]}'])(
  'a kubeconfig of %j keeps nobody from starting the server that mends it',
  async (text) => {
    await writeFile(join(folder, 'kubeconfig'), text)
    expect(await sheaf('status')).toMatch(
      /kubeconfig is not as the server wrote it: .* It is written anew at each start: sheaf up/,
    )
    expect(await sheaf('up')).toContain('the server ended (code 7)')
  },
)
