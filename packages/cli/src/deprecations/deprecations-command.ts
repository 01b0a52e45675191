// `sheaf deprecations`: who still sends a deprecated field, what is stored with one, and whether it can go.

import { deprecationRules } from '@sheaf/api'
import { Command, Option } from 'commander'
import { type ClusterOptions, clusterOptions, connectTo } from '../connection.ts'
import { outputOption } from '../virtual-machine-argument.ts'
import { type Duration, parseDuration } from './duration.ts'
import { findOut } from './find-out.ts'
import { exitCodeOf, jsonReport, textReport } from './report.ts'

interface Flags extends ClusterOptions {
  unusedFor: Duration
  rule?: string
  output: 'text' | 'json'
  failOnUse?: true
}

export function deprecationsCommand(): Command {
  const command = new Command('deprecations')
    .description('who still sends deprecated fields, what is stored with them, and whether they can go')
    .addOption(
      new Option('--unused-for <time>', 'how long nobody may have sent it: 90m, 12h, 30d, 2w')
        .argParser(parseDuration)
        .default(parseDuration('30d'), '30d'),
    )
    .addOption(new Option('--rule <id>', 'this one only').choices(deprecationRules.map(({ id }) => id)))
    .addOption(outputOption())
    .option('--fail-on-use', 'exit with 3 while something is in use')
    .addHelpText('after', epilogue)
    .action(deprecations)
  for (const option of clusterOptions()) command.addOption(option)
  return command
}

const epilogue = `
Sheaf's server counts who sends a deprecated field, by user and program; the same is
listed by: kubectl get deprecatedfielduses. It writes them down within five seconds.
On another cluster only what is stored can be told.

A field is in use when it was sent within --unused-for, or when an object is stored
with it. It is safe to remove when neither is so and the server has counted for that
long. What is stored is rewritten by: sheaf migrate-storage.

Exit codes: 0 done, and with --fail-on-use: nothing is in use; 1 that cannot be said;
2 misuse; 3 with --fail-on-use: something is in use.`

async function deprecations({ unusedFor, rule, output, failOnUse, ...cluster }: Flags): Promise<void> {
  const { client, server } = connectTo(cluster)
  const nowMs = Date.now()
  const report = await findOut(client, { server: server.origin, unusedFor, rule, nowMs })
  process.stdout.write(output === 'json' ? jsonReport(report) : textReport(report, nowMs))
  if (failOnUse) process.exitCode = exitCodeOf(report)
}
