// The release before takes over. What the upgrade between the two has rewritten in the store is taken back first, by the newer
// release, while both can still be asked: the older one never sees what it does not know, and the newer one understands what
// it once took over. Every intent is in a journal before its effect; whatever is left half done, settle-rollback.ts ends.

import { type Upgrade, upgradeDefinition } from '@sheaf/api'
import { keyOf, StatusError } from '@sheaf/api/meta'
import { errorChain } from '@sheaf/machinery/controller'
import { byAge } from '../history.ts'
import { isFinished } from '../names.ts'
import type { MigrateRun, MigrationReport } from '../platform.ts'
import type { UpgradePorts } from '../ports.ts'
import { recordOf } from '../record.ts'
import { noteRollback } from './note-rollback.ts'
import { hasEndedWell, isOpen, type Rollback, rollbackOf } from './rollback-journal.ts'
import { settleRollback } from './settle-rollback.ts'

export interface RolledBack {
  /** Of the trial. */
  id: string
  from: string
  to: string
  /** Undefined where no upgrade leads from the one release to the other. */
  rewritten?: MigrationReport
}

export interface RollbackWish {
  deadlineMs: number
  /** Tells what would be rewritten, and does nothing. */
  isDryRun: boolean
}

/** The upgrade that led from the one release to the other. */
interface Between {
  upgrade: Upgrade
  /** The newer release's program does it, in either direction. */
  run: Pick<MigrateRun, 'version' | 'id' | 'direction' | 'keep'>
}

/** Its waking: whoever looks after the upgrade sees that there is a rollback to be ended. */
const rollbackAnnotation = 'sheaf.io/rollback'

/** Resolves when this process is about to let go. Throws a StatusError where it does not come about. */
export async function rollBack({ deadlineMs, isDryRun }: RollbackWish, ports: UpgradePorts): Promise<RolledBack> {
  const { platform, random } = ports
  const { version: from, previous: to, supervisorVersion } = platform.installed()
  if (supervisorVersion === undefined)
    throw refused(
      'this server was started by hand, and nobody is there to start another release: set it up with sheaf install, then start it through its service or with sheaf supervise',
    )
  if (to === undefined) throw refused(`${from} is the first release that was installed here: there is none to go back to`)
  const between = await upgradeBetween(from, to, ports)
  const way = { id: `rollback-${random.uuid()}`, from, to }
  if (isDryRun) return { ...way, ...(between && { rewritten: await platform.migrate({ ...between.run, isDryRun }) }) }
  if (between === undefined) {
    await handOver(way, deadlineMs, ports)
    return way
  }
  return rollBackUpgrade(between, way, deadlineMs, ports)
}

async function rollBackUpgrade(
  { upgrade, run }: Between,
  way: RolledBack,
  deadlineMs: number,
  ports: UpgradePorts,
): Promise<RolledBack> {
  const { id, from, to } = way
  const { direction, keep = [] } = run
  const { platform, client } = ports
  await noteRollback(run.id, { kind: 'begun', id, from, to, direction, keep, process: platform.process }, ports)
  try {
    await client
      .resource<Upgrade>(upgradeDefinition)
      .patch(keyOf(upgrade), { metadata: { annotations: { [rollbackAnnotation]: id } } })
    const report = await platform.migrate(run)
    await noteRollback(run.id, { kind: 'rewritten', id, report }, ports)
    await handOver(way, deadlineMs, ports)
    return { ...way, rewritten: report }
  } catch (error) {
    await noteRollback(run.id, { kind: 'givenUp', id, why: errorChain(error) }, ports)
    throw error instanceof StatusError ? error : refused(`${from} goes on, because ${errorChain(error)}`)
  }
}

async function handOver({ id, from, to }: RolledBack, deadlineMs: number, { platform }: UpgradePorts): Promise<void> {
  const answer = await platform.switchTo(to, id, deadlineMs)
  if (answer.kind === 'not-tried') throw refused(`${to} does not take over, and ${from} goes on: ${answer.why}`)
}

/** Throws where something is under way that has to end first. */
async function upgradeBetween(from: string, to: string, ports: UpgradePorts): Promise<Between | undefined> {
  const { client, platform } = ports
  const { items } = await client.resource<Upgrade>(upgradeDefinition).list()
  const underWay = items.find((upgrade) => !isFinished(upgrade))
  if (underWay !== undefined)
    throw refused(`upgrade ${underWay.metadata.name} is under way: wait for its end, or end it with sheaf upgrade abort`)
  for (const upgrade of items.toSorted(byAge).toReversed()) {
    const id = upgrade.metadata.uid ?? ''
    const { finish, opened, release } = recordOf(await platform.journal(id).read())
    await settleRollback({ id, newer: release?.version ?? '', ports })
    const rollback = rollbackOf(await platform.rollbackJournal(id).read())
    if (isOpen(rollback)) throw refused(`a rollback to ${rollback?.to} is under way: look with sheaf upgrade status`)
    if (finish?.outcome !== 'Succeeded' || opened === undefined || release === undefined) continue
    const run = { version: release.version, id }
    if (release.version === from && opened.from === to)
      return { upgrade, run: { ...run, direction: 'backward', keep: await platform.releases.migrationsOf(to) } }
    if (release.version === to && opened.from === from && isRolledBackTo(from, rollback))
      return { upgrade, run: { ...run, direction: 'forward' } }
  }
  return undefined
}

const isRolledBackTo = (version: string, rollback: Rollback | undefined): boolean =>
  rollback !== undefined && hasEndedWell(rollback) && rollback.to === version

const refused = (why: string): StatusError => new StatusError(409, 'Conflict', `the platform cannot be rolled back: ${why}`)
