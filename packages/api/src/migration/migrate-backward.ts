// Takes back what was rewritten, the latest first, as far as nobody has changed it since.

import { type Client, patchStored, whyNotPatched } from '../client/index.ts'
import { standOf } from '../deprecation/field-change.ts'
import { patchOfState } from '../deprecation/rewrite-patch.ts'
import { type ApiObject, type Json, keyText } from '../meta/index.ts'
import { batchSize, type MigrationRun, throwFirst } from './migrate-forward.ts'
import { openRewrites, type RewriteRecord } from './migration-journal.ts'
import { growReport, type MigrationRunReport, type ReportWriter } from './migration-report.ts'

interface BackwardRun extends Omit<MigrationRun, 'migrations'> {
  /** Migrations that stay as they are: whoever is to read the store knows them. */
  keep?: readonly string[]
}

/**
 * Needs nothing but the journal, so that any release can take back what another did. Throws when the server is away or
 * takes no writes; the next run goes on where this one ended.
 */
export async function migrateBackward(run: BackwardRun): Promise<MigrationRunReport> {
  const { client, journal, dryRun = false, keep = [] } = run
  const records = openRewrites(await journal.read()).filter(({ migration }) => !keep.includes(migration))
  const names = [...new Set(records.map(({ migration }) => migration))]
  const report = growReport('backward', dryRun, names)
  for (const migration of names) {
    const own = records.filter((record) => record.migration === migration)
    const writer = report.of(migration)
    for (let done = 0; done < own.length; done += batchSize) {
      run.onProgress?.({ migration, done, of: own.length })
      const batch = own.slice(done, done + batchSize)
      throwFirst(await Promise.allSettled(batch.map((record) => takeBack(record, client, dryRun, writer))))
    }
    run.onProgress?.({ migration, done: own.length, of: own.length })
  }
  if (!dryRun && records.length > 0) await journal.append([{ kind: 'taken back', migrations: names }])
  return report.finish()
}

async function takeBack(
  { object, inverse }: RewriteRecord,
  client: Client,
  dryRun: boolean,
  writer: ReportWriter,
): Promise<void> {
  const { resource, namespace, name, uid } = object
  const objects = client.resource(resource)
  const text = `${resource.kind} ${keyText(object)}`
  const found = await objects.find({ namespace, name })
  if (found === undefined) return
  let isChanged = false
  const plan = (current: ApiObject): { patch: Json[] } | undefined => {
    // Another object of the same name was never rewritten.
    if (current.metadata.uid !== uid) return undefined
    const stand = standOf(current, inverse)
    isChanged = stand === 'otherwise'
    return stand === 'before' ? { patch: patchOfState(current, inverse) } : undefined
  }
  const outcome = await patchStored(objects, found, plan, { dryRun })
  if (outcome.kind === 'patched') return writer.changed(text, inverse)
  if (isChanged) return writer.left(text, 'somebody has changed it since', 'Look whether it says what is meant.')
  if (outcome.kind !== 'refused' && outcome.kind !== 'changes too fast') return
  const { why, next } = whyNotPatched(outcome)
  writer.left(text, why, next)
}
