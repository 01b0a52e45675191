// `sheaf upgrade …`: the platform's own release.

import { Command } from 'commander'
import { rollbackCommand } from './rollback.ts'

export function upgradeCommand(): Command {
  const command = new Command('upgrade').description('upgrade the platform, or go back to the release before')
  for (const each of [rollbackCommand()]) command.addCommand(each.exitOverride())
  return command
}
