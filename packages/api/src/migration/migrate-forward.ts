// Rewrites what is stored, migration by migration. It keeps no memory of how far it came: what was rewritten is no longer
// found. What would take a rewriting back is on the disk before the object is touched.

import { type Client, patchStored, type ResourceName, servedKinds, walkStored, whyNotPatched } from '../client/index.ts'
import { reversed, type FieldChange } from '../deprecation/field-change.ts'
import { patchOfState } from '../deprecation/rewrite-patch.ts'
import { type ApiObject, type Json, keyOf, keyText } from '../meta/index.ts'
import type { Migration } from './migration.ts'
import type { JournalRecord, MigrationJournal } from './migration-journal.ts'
import { growReport, type MigrationProgress, type MigrationRunReport, type ReportWriter } from './migration-report.ts'

/**
 * So many objects share one sync of the journal and are written at once: a disk that takes ten milliseconds for a sync
 * would else need a minute for some thousand objects.
 */
export const batchSize = 32

export interface MigrationRun {
  client: Client
  journal: MigrationJournal
  migrations: readonly Migration[]
  /** The server checks every change and stores none. */
  dryRun?: boolean
  onProgress?: (progress: MigrationProgress) => void
}

interface Candidate {
  resource: ResourceName
  object: ApiObject
}

/** Throws when the server is away or takes no writes; the next run goes on where this one ended. */
export async function migrateForward(run: MigrationRun): Promise<MigrationRunReport> {
  const { client, migrations, dryRun = false } = run
  const report = growReport(
    'forward',
    dryRun,
    migrations.map(({ name }) => name),
  )
  for (const migration of migrations) {
    const writer = report.of(migration.name)
    const { resources } = await servedKinds(client, migration.concerns)
    const { kept, unreadable } = await walkStored<Candidate>(client, resources, {}, (object, resource) => {
      const { changes, left } = migration.rewrite(object)
      for (const { why, next } of left) writer.left(`${resource.kind} ${keyText(keyOf(object))}`, why, next)
      return changes.length === 0 ? [] : [{ resource, object }]
    })
    for (const { resource, why } of unreadable) writer.left(resource.plural, why, 'Ask for the right to list them.')
    for (let done = 0; done < kept.length; done += batchSize) {
      run.onProgress?.({ migration: migration.name, done, of: kept.length })
      await rewriteBatch(kept.slice(done, done + batchSize), migration, run, writer)
    }
    run.onProgress?.({ migration: migration.name, done: kept.length, of: kept.length })
  }
  return report.finish()
}

async function rewriteBatch(
  batch: readonly Candidate[],
  migration: Migration,
  { client, journal, dryRun = false }: MigrationRun,
  writer: ReportWriter,
): Promise<void> {
  const recordOf = (resource: ResourceName, object: ApiObject, changes: readonly FieldChange[]): JournalRecord => ({
    kind: 'rewrite',
    migration: migration.name,
    object: { resource, ...keyOf(object), uid: object.metadata.uid ?? '' },
    inverse: reversed(changes),
  })
  if (!dryRun)
    await journal.append(batch.map(({ resource, object }) => recordOf(resource, object, migration.rewrite(object).changes)))
  const outcomes = await Promise.allSettled(
    batch.map(async ({ resource, object }) => {
      const plan = async (current: ApiObject): Promise<{ patch: Json[]; changes: readonly FieldChange[] } | undefined> => {
        const { changes } = migration.rewrite(current)
        if (changes.length === 0) return undefined
        // Somebody wrote it since it was listed: what takes this back may be something else by now.
        if (current !== object && !dryRun) await journal.append([recordOf(resource, current, changes)])
        return { patch: patchOfState(current, changes), changes }
      }
      const outcome = await patchStored(client.resource(resource), object, plan, { dryRun })
      const name = `${resource.kind} ${keyText(keyOf(object))}`
      if (outcome.kind === 'patched') writer.changed(name, outcome.plan.changes)
      if (outcome.kind !== 'refused' && outcome.kind !== 'changes too fast') return
      const { why, next } = whyNotPatched(outcome)
      writer.left(name, why, next)
    }),
  )
  throwFirst(outcomes)
}

/** After all have come to an end: nothing goes on behind a run that has failed. */
export function throwFirst(outcomes: readonly PromiseSettledResult<unknown>[]): void {
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
