// The way back: a release that is started again because the one on trial was taken back goes on from the store as it was
// when it let go. What was written since, nobody outside was told to rely on: their writes were held.

import { existsSync } from 'node:fs'
import type { Log } from '@sheaf/machinery/controller'
import { restoreStore } from '@sheaf/machinery/store'
import type { DataFolder } from '../data-folder.ts'
import type { Outcome } from '../supervisor/slots.ts'
import { copyPath, readRecord, removeRecords } from './record.ts'

/**
 * Of the release on trial, where its store cannot be read: each write waits for the disk, so that it cannot have made so
 * many, however long it had.
 */
const mostTrialRevisions = 1_000_000

/**
 * Before the store is opened. Once it is, the copy is gone and the next start restores nothing: the order is what makes a
 * cut in between harmless, because until then nobody can have written. A server that was started by hand goes on from what is
 * there, and settles it: a copy that was put back later would undo what it writes.
 */
export async function takeBackStore(folder: DataFolder, outcome: Outcome | undefined, log: Log): Promise<void> {
  if (outcome?.result === 'taken-back' && existsSync(copyPath(folder, outcome.id))) {
    const { revision: handedOver = 0 } = readRecord(folder, outcome.id) ?? {}
    const copy = copyPath(folder, outcome.id)
    const revision = await restoreStore({ path: folder.store, copy, floor: handedOver + mostTrialRevisions })
    log.warn(
      { version: outcome.version, why: outcome.why, revision },
      'the release on trial was taken back; this one goes on from the store as it was at the hand-over',
    )
  }
  removeRecords(folder)
}
