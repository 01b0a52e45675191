// `sheaf …`: the window of text. It can do nothing that the API cannot. Exit codes: 0 done, 1 refused or failed, 2 misused.

import { StatusError } from '@sheaf/api/meta'
import { Command, CommanderError } from 'commander'
import { completionCommands } from './completion.ts'
import { CommandError } from './connection.ts'
import { consoleCommand } from './console.ts'
import { deprecationsCommand } from './deprecations/deprecations-command.ts'
import { exposeCommand } from './expose.ts'
import { explainCommand } from './explain.ts'
import { imagesCommand } from './images.ts'
import { lifecycleCommands } from './lifecycle.ts'
import { lintCommand } from './lint/lint-command.ts'
import { logsCommand } from './logs.ts'
import { migrateCommand } from './migrate.ts'
import { migrateReleaseCommand } from './migrate-release/migrate-release-command.ts'
import { migrateStorageCommand } from './migrate-storage/migrate-storage-command.ts'
import { statusCommand } from './status.ts'
import { upCommand } from './up.ts'
import { upgradeCommand } from './upgrade/upgrade-command.ts'
import { vncCommand } from './vnc.ts'

function createProgram(): Command {
  const program = new Command('sheaf')
    .description('Virtual machines on one machine, through the Kubernetes API.')
    .showHelpAfterError('(sheaf --help shows all commands)')
    .exitOverride()
    .addHelpText('after', epilogue)
  program.command('serve').description('run the server in the foreground').helpCommand(false)
  program.addCommand(upCommand())
  program.command('down').description('stop the server and shut down its guests')
  program.addCommand(statusCommand())
  for (const command of lifecycleCommands()) program.addCommand(command)
  program.addCommand(migrateCommand())
  program.addCommand(consoleCommand())
  program.addCommand(logsCommand())
  program.addCommand(vncCommand())
  program.addCommand(explainCommand())
  program.addCommand(exposeCommand())
  program.addCommand(imagesCommand())
  program.addCommand(lintCommand())
  program.addCommand(deprecationsCommand())
  program.addCommand(migrateStorageCommand())
  program.command('supervise').description('run the installed release, and let another take over')
  program.command('install').description('install this program, or a release, with a service')
  program.command('uninstall').description('take the program away; data stays')
  program.command('version').description('of this program and of the server')
  program.addCommand(upgradeCommand())
  program.addCommand(migrateReleaseCommand())
  program.command('rehearse').description('for upgrades, not for people: try this release on a copy of a store')
  program.command('release').description('make keys and releases, and check a release')
  program.command('user').description('let people in with certificates of their own, and shut them out')
  program.command('doctor').description('what this machine lacks, and the command that mends it')
  for (const command of completionCommands(program)) program.addCommand(command, { hidden: command.name().startsWith('__') })
  for (const command of program.commands) command.exitOverride()
  return program
}

const epilogue = `
Everything else is kubectl's:
  export KUBECONFIG="$\{SHEAF_DATA:-$HOME/.local/share/sheaf}/kubeconfig"
  kubectl get vm

Environment:
  SHEAF_DATA   the data folder (default: $XDG_DATA_HOME/sheaf, else ~/.local/share/sheaf)
  SHEAF_PORT   the port of the API (default: 6443)
  SHEAF_ACCEL  tcg or kvm; default: kvm where a guest really runs under it

Exit codes: 0 done, 1 refused or failed, 2 misused; lint and deprecations have their own: see their --help.`

// Whoever reads may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  await createProgram().parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function report(error: unknown): number {
  // commander has said what it had to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof CommandError) {
    process.stderr.write(`sheaf: ${error.message}\n`)
    return error.exitCode
  }
  if (error instanceof StatusError) {
    process.stderr.write(`Error from server (${error.reason || error.code}): ${error.message}\n`)
    return 1
  }
  const why = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
  process.stderr.write(`sheaf: ${error instanceof Error ? error.message : String(error)}${why}\n`)
  if (error instanceof Error && error.message.startsWith('cannot reach the server'))
    process.stderr.write('Is it running? Start it with: sheaf up\n')
  return 1
}
