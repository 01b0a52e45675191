// `npm run up`: prepares the machine, then is `sheaf up`.

import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepareMachine } from './prepare.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

try {
  await prepareMachine()
} catch (error) {
  console.error(`sheaf: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
const sheaf = spawn(join(root, 'bin', 'sheaf'), ['up', ...process.argv.slice(2)], { stdio: 'inherit' })
// Ctrl-C reaches the child from the terminal; a signal to this process alone is passed on.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => sheaf.kill(signal))
sheaf.on('exit', (code) => process.exit(code ?? 1))
