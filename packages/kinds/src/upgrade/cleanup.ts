// What was made for an upgrade goes once it has ended; the record, the log and the report stay. Every part may be done again and again.

import { type ConfigMap, configMapDefinition, type Upgrade, upgradeDefinition } from '@sheaf/api'
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
  await removeOldCopies(pass)
  await removeOldReleases(ports)
  await stopLog(pass)
  return 'undone'
}

/** One that was brought for this is kept after a failure: whoever tries again need not bring it again. */
async function removeImage(pass: Pass): Promise<Undone> {
  if (pass.record.finish?.outcome === 'Succeeded' && (await removeBroughtImage(pass)) === 'notYet') return 'notYet'
  return removeMadeImage(pass)
}

/** After a success the copy from before is what somebody has in hand who finds out later that something is wrong; until the next. */
async function removeOldCopies({ record, ports, id }: Pass): Promise<void> {
  if (record.finish?.outcome === 'Failed') return ports.platform.store.removeCopies(id)
  const { items } = await ports.client.resource<Upgrade>(upgradeDefinition).list()
  for (const { metadata } of items)
    if (metadata.uid !== undefined && metadata.uid !== id) await ports.platform.store.removeCopies(metadata.uid)
}

/** There are two slots: what runs, and what ran before. */
async function removeOldReleases({ platform }: Pass['ports']): Promise<void> {
  const { version, previous } = platform.installed()
  for (const each of await platform.releases.list())
    if (each !== version && each !== previous) await platform.releases.discard(each)
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
