// The commands that touch this machine: serve, down, doctor, release, rehearse.

import { InstanceLocked, StoreFull, StoreUnreadable } from '@sheaf/machinery/store'
import { DataFolderUnusable } from './data-folder.ts'
import { doctor } from './doctor.ts'
import { down } from './down.ts'
import { PortInUse } from './http-server.ts'
import { createLog } from './log.ts'
import { parseServerOptions, UsageError } from './options.ts'
import { rehearseCommand } from './rehearsal/rehearse-command.ts'
import { releaseCommand } from './release/release-command.ts'
import { serve } from './serve.ts'
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
  if (command === 'rehearse') return rehearseCommand(rest)
  const options = parseServerOptions(rest, process.env)
  switch (command) {
    case 'serve':
      return serveUntilAsked(options)
    case 'down':
      return down(options)
    case 'doctor':
      return doctor(options)
    default:
      throw new UsageError(`unknown command "${command}"`)
  }
}

async function serveUntilAsked(options: ReturnType<typeof parseServerOptions>): Promise<number> {
  const log = createLog(options)
  const asked = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
  })
  const server = await serve(options, log)
  log.info({ url: server.url, kubeconfig: server.kubeconfig }, 'ready')
  const signal = await asked
  const guests = await server.stop()
  const fate =
    guests === 0
      ? 'no guests were running'
      : `${guests} guest(s) keep running; sheaf serve takes them up again, sheaf down shuts them down`
  process.stderr.write(`\nThe control plane has ended (${signal}): ${fate}.\n`)
  return 0
}

/** Expected trouble in one sentence; a bug with its stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ([UsageError, DataFolderUnusable, PortInUse, InstanceLocked, StoreUnreadable].some((kind) => error instanceof kind))
    return error.message
  if (isFullDisk(error)) return `${error.message}. Free some disk space and start again; guests run on meanwhile.`
  return error.stack ?? error.message
}

function isFullDisk(error: Error): boolean {
  return error instanceof StoreFull || ('code' in error && error.code === 'ENOSPC')
}
