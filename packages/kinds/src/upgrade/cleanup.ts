// What was made for an upgrade goes once it has ended; the record, the log and the report stay. Every part may be done again and again.

import { type ConfigMap, configMapDefinition } from '@sheaf/api'
import { isAlreadyExists, keyOf } from '@sheaf/api/meta'
import { reportOf } from './report.ts'
import type { Pass } from './station.ts'
import { removeBroughtImage, removeMadeImage } from './stations/image.ts'
import { stopLog } from './stations/log.ts'
import { removeRepo } from './stations/repo.ts'
import { supportFiles } from './support-files.ts'
import type { Undone } from './undone.ts'

export async function cleanUp(pass: Pass): Promise<Undone> {
  const { record, ports, id } = pass
  if (pass.tasks.giveUp(id) === 'notYet') return 'notYet'
  await writeReport(pass)
  if (record.finish?.outcome === 'Failed') await ports.platform.bundle(id).make(await supportFiles(pass))
  if ((await removeRepo(pass)) === 'notYet' || (await removeImage(pass)) === 'notYet') return 'notYet'
  // After a success the copy from before is what a person has in their hand when they find out later that something is wrong.
  if (record.finish?.outcome === 'Failed') await ports.platform.store.removeCopies(id)
  await stopLog(pass)
  return 'undone'
}

/** One that was brought for this is kept after a failure: whoever tries again need not bring it again. */
async function removeImage(pass: Pass): Promise<Undone> {
  if (pass.record.finish?.outcome === 'Succeeded' && (await removeBroughtImage(pass)) === 'notYet') return 'notYet'
  return removeMadeImage(pass)
}

async function writeReport({ upgrade, record, ports }: Pass): Promise<void> {
  const report = reportOf(upgrade, record)
  const maps = ports.client.resource<ConfigMap>(configMapDefinition)
  try {
    await maps.create(report)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    await maps.patch(keyOf(report), { data: report.data ?? {} })
  }
}
