// `sheaf migrate-storage`: what is stored with deprecated fields is rewritten, on any cluster, without a guest noticing.

import { deprecationRules } from '@sheaf/api'
import { Command, Option } from 'commander'
import { type ClusterOptions, clusterOptions, connectTo } from '../connection.ts'
import { migrateStorage, type MigrationResult } from './migrate-storage.ts'
import { createProgress } from './progress.ts'

interface Flags extends ClusterOptions {
  namespace?: string
  selector?: string
  rule?: string
  dryRun?: true
}

export function migrateStorageCommand(): Command {
  const command = new Command('migrate-storage')
    .description('rewrite what is stored with deprecated fields; no machine starts, stops or notices')
    .addOption(new Option('-n, --namespace <namespace>', 'this namespace only'))
    .addOption(new Option('-A, --all-namespaces', 'all namespaces, as when none is named').conflicts('namespace'))
    .addOption(new Option('-l, --selector <selector>', 'only objects with these labels, such as app=web'))
    .addOption(new Option('--rule <id>', 'this one only').choices(deprecationRules.map(({ id }) => id)))
    .addOption(new Option('--dry-run', 'let the server check every rewrite, and print it, without storing anything'))
    .addHelpText('after', epilogue)
    .action(run)
  for (const option of clusterOptions()) command.addOption(option)
  return command
}

const epilogue = `
Virtual machines, and what makes them (pools, Harvester's template versions), get
runStrategy: Always for running: true and Halted for false; every other field whose
rewrite is certain is rewritten too. What needs a decision is named, with what to do.

Each object is patched on condition that it is still as it was read: who writes at
the same time is never overwritten, and looked at again. It can be interrupted and
run again at any time. A machine that says runStrategy refuses patches of running:
find those who send it first, with: sheaf deprecations.

Exit codes: 0 nothing is left to do, 1 something is left or failed, 2 misuse.`

async function run({ namespace, selector, rule, dryRun, ...cluster }: Flags): Promise<void> {
  const { client, server } = connectTo(cluster)
  const progress = createProgress()
  const options = {
    namespace,
    labelSelector: selector,
    rules: rule === undefined ? undefined : new Set([rule]),
    dryRun: dryRun === true,
  }
  const result = await migrateStorage(client, options, progress).finally(progress.end)
  process.stdout.write(`${summary(result, dryRun === true)} (${server.origin})\n`)
  if (result.left > 0) process.exitCode = 1
}

function summary({ rewritten, left }: MigrationResult, isDryRun: boolean): string {
  const objects = `${rewritten} object${rewritten === 1 ? '' : 's'}`
  const rest = left === 0 ? '' : `; ${left} left, see above`
  if (rewritten === 0) return `Nothing to rewrite${rest}`
  return isDryRun ? `${objects} would be rewritten; nothing was changed${rest}` : `${objects} rewritten${rest}`
}
