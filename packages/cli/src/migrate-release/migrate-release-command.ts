// `sheaf migrate-release`: what an upgrade runs of the new release to rewrite the store through the API of the one that
// serves, and to take that back.

import { resolve } from 'node:path'
import { migrateBackward, migrateForward, migrations, type MigrationDirection, type MigrationRunReport } from '@sheaf/api'
import { createClient } from '@sheaf/api/client'
import { Command, Option } from 'commander'
import { CommandError, connectTo } from '../connection.ts'
import { fileJournal } from './file-journal.ts'
import { patientFetch } from './patient-fetch.ts'

interface Flags {
  kubeconfig: string
  url?: string
  journal: string
  direction: MigrationDirection
  keep: readonly string[]
  dryRun?: true
}

export function migrateReleaseCommand(): Command {
  return new Command('migrate-release')
    .description('for upgrades, not for people: carry out the migrations of this release, or take them back')
    .addOption(new Option('--kubeconfig <file>', 'the server whose store is migrated').makeOptionMandatory())
    .addOption(new Option('--url <url>', 'reach it at this address instead of the one in the kubeconfig'))
    .addOption(new Option('--journal <file>', 'where it is kept how to take back what is done').makeOptionMandatory())
    .addOption(new Option('--direction <direction>').choices(['forward', 'backward']).makeOptionMandatory())
    .addOption(
      new Option('--keep <names>', 'backward: migrations that stay, with commas between')
        .argParser((text) => text.split(','))
        .default([], 'none'),
    )
    .addOption(new Option('--dry-run', 'let the server check everything, and store nothing'))
    .addHelpText('after', epilogue)
    .action(run)
}

const epilogue = `
An upgrade runs this by itself; people have sheaf migrate-storage.

Each rewriting is in the journal before it is done. Run again after any end, it goes on where
it was. Backward needs the journal alone and leaves what somebody has changed since.

Prints a line of JSON for each thing to be told: {"kind":"progress","migration":…,"done":…,"of":…},
and at the end {"kind":"report",…} or {"kind":"failed","message":…}.
Exit codes: 0 it is done, and "left" in the report names what could not be; 1 failed; 2 misuse.`

async function run({ kubeconfig, url, journal, direction, keep, dryRun }: Flags): Promise<void> {
  const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
  const { fetch } = connectTo({ kubeconfig, ...(url === undefined ? {} : { server: addressOf(url) }) })
  const given = {
    // What a server says of deprecated fields is known here: to leave them behind is what this is for.
    client: createClient({ fetch: patientFetch(fetch), userAgent: 'sheaf-migrate-release' }),
    journal: fileJournal(resolve(journal)),
    dryRun: dryRun === true,
    onProgress: (progress: object) => say({ kind: 'progress', ...progress }),
  }
  try {
    const report: MigrationRunReport = await (direction === 'forward'
      ? migrateForward({ ...given, migrations })
      : migrateBackward({ ...given, keep }))
    say({ kind: 'report', ...report })
  } catch (error) {
    say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
    process.exitCode = 1
  }
}

function addressOf(url: string): URL {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return new URL(url)
  throw new CommandError(`"${url}" is no address such as https://127.0.0.1:6443`, 2)
}
