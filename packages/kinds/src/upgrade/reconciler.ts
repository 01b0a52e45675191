// Leads one upgrade to its end: observe → decide → report → act one step. What is decided stands in packages/upgrade; what is
// done at a station, in stations/. Every intent is in the journal before its effect.

import { type Upgrade, upgradeDefinition, upgradeLabels } from '@sheaf/api'
import { isBeingDeleted, keyOf, type ObjectKey, timestamp, withoutFinalizer } from '@sheaf/api/meta'
import { after, again, done, errorChain, type Result } from '@sheaf/machinery/controller'
import { decideNextStep, type Inventory, planUpgrade, type StationId, type Step, stations } from '@sheaf/upgrade'
import { cleanUp } from './cleanup.ts'
import { seeGuests } from './guests.ts'
import { byAge, upgradeHistory, type UpgradeHistory } from './history.ts'
import type { HostServing } from './host-serving.ts'
import { inventoryOf, works } from './inventory.ts'
import { logLineOf } from './log-lines.ts'
import { upgradeFinalizer } from './names.ts'
import type { UpgradePorts } from './ports.ts'
import { recordOf } from './record.ts'
import type { JournalEntryWithoutTime, Pass } from './station.ts'
import { keepsLog } from './stations/log.ts'
import { isOpen, rollbackOf } from './rollback/rollback-journal.ts'
import { isDecided, settleRollback } from './rollback/settle-rollback.ts'
import { lastWordsOf, repoUrl } from './stations/repo.ts'
import { toldOf } from './status.ts'
import type { Tasks } from './tasks.ts'

export interface UpgradeWorld {
  ports: UpgradePorts
  tasks: Tasks
  hostServing: HostServing
}

/** How often what goes on by itself is looked at: a person who watches sees it move. */
const lookAgainMs = 1_000
/** Of what is not known yet, such as the size of a release that is on its way, the plan takes this. */
const usualReleaseBytes = 200 * 1024 ** 2

export async function reconcileUpgrade(key: ObjectKey, world: UpgradeWorld): Promise<Result> {
  const { client } = world.ports
  const found = await upgrades(client).find(key)
  if (found === undefined) return done
  const history = await upgradeHistory(world.ports)
  if (!isItsTurn(found, history)) return after(lookAgainMs)
  const upgrade = await takeOn(found, history, world.ports)
  const pass = await lookAt(upgrade, world)
  if (pass.record.isCleanedUp) return letGo(pass, history)
  if (pass.record.opened === undefined) {
    await pass.note({ kind: 'opened', from: world.ports.platform.installed().version, guests: await seeGuests(world.ports) })
    return again
  }
  if (pass.record.finish !== undefined) return finishUp(pass, history)
  return goOn(pass, history)
}

/** One at a time, the oldest first; admission lets a second one begin only for those who skip it. */
function isItsTurn(upgrade: Upgrade, { upgrades: all }: UpgradeHistory): boolean {
  const unfinished = all.filter((each) => each.metadata.finalizers?.includes(upgradeFinalizer) && !isThrough(each))
  return isThrough(upgrade) || unfinished.every((each) => each.metadata.uid === upgrade.metadata.uid || byAge(upgrade, each) < 0)
}

const isThrough = ({ metadata }: Upgrade): boolean => metadata.labels?.[upgradeLabels.cleanup] === 'Succeeded'

/** The newest alone is the latest, and none goes before it has cleaned up behind it. */
async function takeOn(upgrade: Upgrade, { upgrades: all }: UpgradeHistory, { client }: UpgradePorts): Promise<Upgrade> {
  const newest = all.at(-1)
  for (const other of all)
    if (other.metadata.uid !== newest?.metadata.uid && other.metadata.labels?.[upgradeLabels.latest] !== undefined)
      await upgrades(client).patch(keyOf(other), { metadata: { labels: { [upgradeLabels.latest]: null } } })
  const isLatest = upgrade.metadata.uid === newest?.metadata.uid
  const lacksLabel = isLatest && upgrade.metadata.labels?.[upgradeLabels.latest] !== 'true'
  const lacksFinalizer = !isBeingDeleted(upgrade) && !upgrade.metadata.finalizers?.includes(upgradeFinalizer)
  if (!lacksLabel && !lacksFinalizer) return upgrade
  return upgrades(client).patch(keyOf(upgrade), {
    metadata: {
      resourceVersion: upgrade.metadata.resourceVersion ?? '',
      ...(lacksLabel ? { labels: { [upgradeLabels.latest]: 'true' } } : {}),
      ...(lacksFinalizer ? { finalizers: [...(upgrade.metadata.finalizers ?? []), upgradeFinalizer] } : {}),
    },
  })
}

async function lookAt(upgrade: Upgrade, world: UpgradeWorld): Promise<Pass> {
  const { platform, clock } = world.ports
  const id = upgrade.metadata.uid ?? ''
  const journal = platform.journal(id)
  const note = async (said: JournalEntryWithoutTime): Promise<void> => {
    const entry = { ...said, atMs: clock.now() }
    await journal.append(entry)
    if (keepsLog(upgrade)) platform.log(id).append(logLineOf(entry))
  }
  return { ...world, upgrade, key: keyOf(upgrade), id, record: recordOf(await journal.read()), note }
}

async function goOn(pass: Pass, history: UpgradeHistory): Promise<Result> {
  const inventory = await inventoryOf(pass)
  const news = stations.find(({ id }) => inventory.stations[id].state === 'done' && isNews(id, pass))
  if (news !== undefined) {
    await pass.note({ kind: 'done', station: news.id })
    return again
  }
  const step = decideNextStep(inventory)
  const told = await report(pass, { inventory, step, history })
  try {
    return await act(step, { ...pass, upgrade: told })
  } catch (error) {
    await report({ ...pass, upgrade: told }, { inventory, step, history, trouble: errorChain(error) })
    throw error
  }
}

const isNews = (id: StationId, { record }: Pass): boolean =>
  record.failure === undefined && record.stations[id].doneMs === undefined

async function act(step: Step, pass: Pass): Promise<Result> {
  switch (step.kind) {
    case 'begin':
      await pass.note({ kind: 'begin', station: step.station, ...(await guestsAt(step.station, pass)) })
      await works[step.station].pursue(pass)
      return again
    case 'wait':
      await works[step.station].pursue(pass)
      return after(lookAgainMs)
    case 'hold':
      return done
    case 'serveFromHost':
      await pass.note({ kind: 'serveFromHost', lastWords: await lastWordsOf(pass) })
      return again
    case 'turnRound':
      await pass.note({ kind: 'turnRound', failure: step.failure })
      return again
    case 'undo':
      return undo(step.station, pass)
    case 'finish':
      await pass.note({ kind: 'finish', outcome: step.outcome, guests: await seeGuests(pass.ports) })
      return again
  }
}

/** What the release that takes over has to leave as it is. */
async function guestsAt(station: StationId, { ports }: Pass) {
  return station === 'switch' ? { guests: await seeGuests(ports) } : {}
}

async function undo(station: StationId, pass: Pass): Promise<Result> {
  if (!pass.record.stations[station].isUndoing) await pass.note({ kind: 'undo', station })
  // What still works at it would make it anew behind our back.
  if (pass.tasks.giveUp(pass.id) === 'notYet') return after(lookAgainMs)
  if ((await works[station].undo?.(pass)) === 'notYet') return after(lookAgainMs)
  await pass.note({ kind: 'undone', station })
  return again
}

async function finishUp(pass: Pass, history: UpgradeHistory): Promise<Result> {
  const told = await reportEnd(pass, history)
  if ((await cleanUp({ ...pass, upgrade: told })) === 'notYet') return after(lookAgainMs)
  await pass.note({ kind: 'cleanedUp' })
  return again
}

/** All is done, but for a rollback that may follow; whoever deletes it takes the record along. */
async function letGo(pass: Pass, history: UpgradeHistory): Promise<Result> {
  const { id, ports, record } = pass
  const rollback = rollbackOf(await ports.platform.rollbackJournal(id).read())
  const told = await reportEnd({ ...pass, record: { ...record, ...(rollback && { rollback }) } }, history)
  if (rollback !== undefined && isOpen(rollback)) {
    if (isDecided(rollback, ports)) settleInTime(pass)
    return after(lookAgainMs)
  }
  if (!isBeingDeleted(told)) return done
  await pass.ports.platform.forget(pass.id)
  await upgrades(pass.ports.client).update(withoutFinalizer(told, upgradeFinalizer))
  return done
}

/** Throws how it failed the last time; the next pass tries again. */
function settleInTime({ id, record, ports, tasks }: Pass): void {
  const sight = tasks.look(id, 'rollback')
  if (sight.state === 'failed') {
    tasks.giveUp(id)
    throw new Error(`the rollback cannot be ended: ${sight.message}`)
  }
  tasks.ensure(id, 'rollback', ({ signal }) => settleRollback({ id, newer: record.release?.version ?? '', ports, signal }))
}

async function reportEnd(pass: Pass, history: UpgradeHistory): Promise<Upgrade> {
  const { record, ports } = pass
  const inventory: Inventory = {
    nowMs: ports.clock.now(),
    stations: Object.fromEntries(stations.map(({ id }) => [id, { state: 'done' }])) as Inventory['stations'],
    wish: { paused: false, aborted: false, movesGuests: record.stations.guests.begunMs !== undefined },
    ...(record.failure === undefined ? {} : { failure: record.failure }),
  }
  return report(pass, { inventory, step: { kind: 'finish', outcome: 'Succeeded' }, history })
}

interface Decided {
  inventory: Inventory
  step: Step
  history: UpgradeHistory
  trouble?: string
}

/** Writes what it says anew, and nothing when it says the same. Answers the upgrade as it is now stored. */
async function report(pass: Pass, { inventory, step, history, trouble }: Decided): Promise<Upgrade> {
  const { upgrade, record, ports } = pass
  const { labels, status } = toldOf({
    upgrade,
    record,
    inventory,
    step,
    plan: planUpgrade({
      seen: inventory.stations,
      movesGuests: inventory.wish.movesGuests === true,
      releaseBytes: record.release?.sizeBytes ?? usualReleaseBytes,
      history: history.durations,
    }),
    nodeName: ports.nodeName,
    repoUrl: await repoUrl(pass),
    ...(trouble === undefined ? {} : { trouble }),
    now: timestamp(ports.clock),
  })
  const isSameStatus = JSON.stringify(status) === JSON.stringify(upgrade.status ?? {})
  const told = isSameStatus ? upgrade : await upgrades(ports.client).updateStatus({ ...upgrade, status })
  const isSame = Object.entries(labels).every(([key, value]) => told.metadata.labels?.[key] === value)
  return isSame ? told : upgrades(ports.client).patch(keyOf(told), { metadata: { labels: { ...labels } } })
}

const upgrades = (client: UpgradePorts['client']) => client.resource<Upgrade>(upgradeDefinition)
