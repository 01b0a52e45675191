// `sheaf upgrade …`: the platform's own release.

import { Command } from 'commander'
import { upgradeLogCommand } from './log.ts'
import { planCommand } from './plan.ts'
import { preflightCommand } from './preflight.ts'
import { rollbackCommand } from './rollback.ts'
import { retryCommand, startUpgradeCommand } from './start.ts'
import { statusOfUpgradeCommand } from './status.ts'
import { versionsCommand } from './versions.ts'
import { wishCommands } from './wishes.ts'

export function upgradeCommand(): Command {
  const command = new Command('upgrade')
    .description('upgrade the platform, or go back to the release before')
    .addHelpText('after', epilogue)
  const commands = [
    versionsCommand(),
    preflightCommand(),
    planCommand(),
    startUpgradeCommand(),
    statusOfUpgradeCommand(),
    upgradeLogCommand(),
    ...wishCommands(),
    retryCommand(),
    rollbackCommand(),
  ]
  for (const each of commands) command.addCommand(each.exitOverride())
  return command
}

const epilogue = `
An upgrade always ends, in the new release or in the one before, and every guest runs on:
  sheaf upgrade versions                             what there is to upgrade to
  sheaf upgrade preflight --iso sheaf-1.1.0.iso
  sheaf upgrade start --iso sheaf-1.1.0.iso --wait
  sheaf upgrade rollback                             the way back, also later

Exit codes: 0 done, 1 refused or failed, 2 misused, 3 under way (status), 4 the server did not
come back (start --wait, retry --wait).`
