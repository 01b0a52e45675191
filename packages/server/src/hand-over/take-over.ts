// What a release on trial does before it opens anything: it makes sure that there is a way back.

import { existsSync } from 'node:fs'
import { copyStoreAside } from '@sheaf/machinery/store'
import type { DataFolder } from '../data-folder.ts'
import type { Trial } from '../supervisor/slots.ts'
import { copyPath, type HandOverRecord, readRecord, removeRecords } from './record.ts'

/**
 * Answers what the release before left. One that had to be ended while it let go may not have come as far as the copy; its
 * store is closed all the same.
 */
export async function prepareTakeOver(folder: DataFolder, { id }: Trial): Promise<HandOverRecord | undefined> {
  removeRecords(folder, { except: id })
  if (!existsSync(copyPath(folder, id)) && existsSync(folder.store)) await copyStoreAside(folder.store, copyPath(folder, id))
  return readRecord(folder, id)
}
