// The commands that touch this machine.

import { StatusError } from '@sheaf/api/meta'
import { InstanceLocked, StoreFull, StoreUnreadable } from '@sheaf/machinery/store'
import { DataFolderUnusable } from './data-folder.ts'
import { doctor } from './doctor.ts'
import { down } from './down.ts'
import { PortInUse } from './http-server.ts'
import { installCommand } from './install/install-command.ts'
import { ServiceFailed } from './install/systemd.ts'
import { uninstallCommand } from './install/uninstall-command.ts'
import { parseServerOptions, UsageError } from './options.ts'
import { rehearseCommand } from './rehearsal/rehearse-command.ts'
import { releaseCommand } from './release/release-command.ts'
import { runServer } from './run-server.ts'
import { SlotsUnreadable } from './supervisor/slots.ts'
import { usage } from './usage.ts'
import { UserRefused, userCommand } from './user/user-command.ts'
import { versionCommand } from './version-command.ts'

const [command = '', ...rest] = process.argv.slice(2)

// They were for this process: a QEMU has threads of its own to serve.
delete process.env['MALLOC_ARENA_MAX']
delete process.env['MALLOC_TRIM_THRESHOLD_']

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
  switch (command) {
    case 'install':
      return installCommand(rest, process.env)
    case 'uninstall':
      return uninstallCommand(rest, process.env)
    case 'rehearse':
      return rehearseCommand(rest)
    case 'release':
      return releaseCommand(rest)
    case 'version':
      return versionCommand(rest, process.env)
    case 'user':
      return userCommand(rest, process.env)
    case 'supervise':
      throw new UsageError(
        'the supervisor is part of an installation: make one with sheaf install, then run PREFIX/bin/sheaf supervise',
      )
    case 'serve':
      return runServer(parseServerOptions(rest, process.env))
    case 'down':
      return down(parseServerOptions(rest, process.env))
    case 'doctor':
      return doctor(parseServerOptions(rest, process.env))
    default:
      throw new UsageError(`unknown command "${command}"`)
  }
}

/** Expected trouble in one sentence; a bug with its stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const expected = [
    UsageError,
    UserRefused,
    StatusError,
    DataFolderUnusable,
    PortInUse,
    InstanceLocked,
    StoreUnreadable,
    SlotsUnreadable,
    ServiceFailed,
  ]
  if (expected.some((kind) => error instanceof kind)) return error.message
  if (isFullDisk(error)) return `${error.message}. Free some disk space and start again; guests run on meanwhile.`
  return error.stack ?? error.message
}

function isFullDisk(error: Error): boolean {
  return error instanceof StoreFull || ('code' in error && error.code === 'ENOSPC')
}
