// The commands that touch this machine.

import { InstanceLocked, StoreFull, StoreUnreadable } from '@sheaf/machinery/store'
import { DataFolderUnusable } from './data-folder.ts'
import { doctor } from './doctor.ts'
import { down } from './down.ts'
import { PortInUse } from './http-server.ts'
import { parseServerOptions, UsageError } from './options.ts'
import { releaseCommand } from './release/release-command.ts'
import { runServer } from './run-server.ts'
import { SlotsUnreadable } from './supervisor/slots.ts'
import { usage } from './usage.ts'

const [command = '', ...rest] = process.argv.slice(2)

// Nobody may be left to read what is said, as after `sheaf serve 2>&1 | head`: that is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

try {
  if (rest.includes('--help') || rest.includes('-h')) process.stdout.write(usage(command))
  else process.exitCode = await run()
} catch (error) {
  process.stderr.write(`sheaf: ${describe(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

async function run(): Promise<number> {
  if (command === 'release') return releaseCommand(rest)
  const options = parseServerOptions(rest, process.env)
  switch (command) {
    case 'serve':
      return runServer(options)
    case 'down':
      return down(options)
    case 'doctor':
      return doctor(options)
    default:
      throw new UsageError(`unknown command "${command}"`)
  }
}

const expectedTrouble = [UsageError, DataFolderUnusable, PortInUse, InstanceLocked, StoreUnreadable, SlotsUnreadable]

/** Expected trouble in one sentence; a bug with its stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (expectedTrouble.some((kind) => error instanceof kind)) return error.message
  if (isFullDisk(error)) return `${error.message}. Free some disk space and start again; guests run on meanwhile.`
  return error.stack ?? error.message
}

function isFullDisk(error: Error): boolean {
  return error instanceof StoreFull || ('code' in error && error.code === 'ENOSPC')
}
