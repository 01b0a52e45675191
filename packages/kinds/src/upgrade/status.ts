// What an upgrade says of itself: Harvester's conditions, labels and states of the node, from what is known of it. Pure.

import {
  type HarvesterCondition,
  type Upgrade,
  type UpgradeState,
  type UpgradeStatus,
  upgradeLabels,
  withHarvesterCondition,
} from '@sheaf/api'
import { keyText } from '@sheaf/api/meta'
import {
  type Inventory,
  type Phase,
  type Plan,
  type Step,
  type StationId,
  stationOf,
  stations,
  stationsFor,
} from '@sheaf/upgrade'
import { upgradeLogName } from './names.ts'
import { movesText } from './moves-text.ts'
import { nodeStatusOf } from './node-status.ts'
import { progressText } from './progress-text.ts'
import type { UpgradeRecord } from './record.ts'
import { hasEndedWell } from './rollback/rollback-journal.ts'
import { imageKeyOf } from './release-image.ts'
import { releaseText } from './release-text.ts'

export interface StatusFacts {
  upgrade: Upgrade
  record: UpgradeRecord
  inventory: Inventory
  step: Step
  plan: Plan
  nodeName: string
  /** Where the files of the release are served, when they are. */
  repoUrl: string | undefined
  /** What went wrong in this pass, which will be tried again. */
  trouble?: string
  /** RFC 3339. */
  now: string
}

export interface Told {
  labels: Readonly<Record<string, string>>
  status: UpgradeStatus
}

export function toldOf(facts: StatusFacts): Told {
  const { upgrade, record, nodeName } = facts
  const before = upgrade.status ?? {}
  const { finish, release } = record
  const said = [completed(facts), ...phases.flatMap((phase) => phaseCondition(phase, facts) ?? [])]
  const isBegun = (id: StationId): boolean => record.stations[id].begunMs !== undefined
  return {
    labels: {
      [upgradeLabels.state]: stateOf(facts),
      ...(finish === undefined ? {} : { [upgradeLabels.cleanup]: record.isCleanedUp ? 'Succeeded' : 'Pending' }),
    },
    status: {
      ...before,
      ...(record.opened === undefined ? {} : { previousVersion: record.opened.from }),
      ...(isBegun('image') ? { imageID: keyText(imageKeyOf(upgrade)) } : {}),
      ...(release === undefined ? {} : { repoInfo: releaseText(release) }),
      ...(isBegun('log') && upgrade.spec.logEnabled !== false ? { upgradeLog: upgradeLogName(upgrade.metadata.name ?? '') } : {}),
      ...(isBegun('payload') ? { singleNode: nodeName, nodeStatuses: { [nodeName]: nodeStatusOf(facts) } } : {}),
      conditions: said.reduce<HarvesterCondition[]>(
        (all, next) => withHarvesterCondition(all, next, facts.now),
        before.conditions ?? [],
      ),
    },
  }
}

type Said = Pick<HarvesterCondition, 'type' | 'status' | 'reason' | 'message'>

const phases = [...new Set(stations.map(({ phase }) => phase))]

function completed(facts: StatusFacts): Said {
  const type = 'Completed'
  const { record, step, trouble } = facts
  const { failure, finish, opened } = record
  if (finish?.outcome === 'Succeeded')
    return {
      type,
      status: 'True',
      ...succeededWords(record),
    }
  if (finish !== undefined && failure !== undefined)
    return {
      type,
      status: 'False',
      reason: failure.reason,
      message: `${failure.message}. ${opened?.from ?? 'The release before'} went on`,
    }
  const more = trouble === undefined ? '' : `; in the way, and tried again: ${trouble}`
  if (failure !== undefined)
    return { type, status: 'Unknown', reason: 'GoingBack', message: `going back, because of this: ${failure.message}${more}` }
  if (step.kind === 'hold')
    return {
      type,
      status: 'Unknown',
      reason: 'Paused',
      message: `paused, as was asked, before it is to ${stationOf(step.before).title}`,
    }
  return { type, status: 'Unknown', reason: 'InProgress', message: `${aboutLeft(facts.plan.leftMs)}${more}` }
}

/** What was so then: later releases come and go without this being told anew. */
function succeededWords({ release, opened, rollback }: UpgradeRecord): Pick<Said, 'reason' | 'message'> {
  const tookOver = `${release?.version ?? 'the release'} took over from ${opened?.from ?? 'another'}`
  if (rollback === undefined) return { message: tookOver }
  const { from, to, begunMs, rewritten, givenUp } = rollback
  const at = new Date(begunMs).toISOString()
  const left = rewritten === undefined || rewritten.left.length === 0 ? '' : `. Left as it was: ${rewritten.left.join('; ')}`
  if (givenUp !== undefined) return { message: `${tookOver}; at ${at} ${to} was to take over, and did not: ${givenUp}` }
  if (!hasEndedWell(rollback)) return { reason: 'RollingBack', message: `${tookOver}; ${from} hands over to ${to}` }
  const isBack = to === opened?.from
  return {
    ...(isBack ? { reason: 'RolledBack' } : {}),
    message: `${tookOver}; ${isBack ? 'it was rolled back' : 'the rollback was taken back'} at ${at}, and ${to} took over${left}`,
  }
}

/** Undefined while nothing of it was begun. */
function phaseCondition(phase: Phase, facts: StatusFacts): Said | undefined {
  const { record, inventory, upgrade } = facts
  const own = stationsFor(inventory.wish).filter((station) => station.phase === phase)
  const { failure } = record
  if (failure !== undefined && stationOf(failure.station).phase === phase)
    return { type: phase, status: 'False', reason: failure.reason, message: failure.message }
  if (own.every(({ id }) => record.stations[id].begunMs === undefined)) return undefined
  // Harvester's word for a log that nobody wants.
  if (phase === 'LogReady' && upgrade.spec.logEnabled === false)
    return { type: phase, status: 'False', reason: 'Disabled', message: 'spec.logEnabled is false' }
  if (own.every(({ id }) => record.stations[id].doneMs !== undefined))
    return { type: phase, status: 'True', ...doneWords(phase, facts) }
  const current = own.find(({ id }) => record.stations[id].doneMs === undefined)
  // It was not what turned the way round; its own message stays.
  if (failure !== undefined || current === undefined) return { type: phase, status: 'Unknown', reason: 'GoingBack' }
  const seen = inventory.stations[current.id]
  const message = seen.state === 'underWay' ? progressText(current, seen.progress) : `to come: ${current.title}`
  return { type: phase, status: 'Unknown', reason: 'InProgress', message: `${message}${repoWords(current.id, record)}` }
}

function doneWords(phase: Phase, { record, repoUrl }: StatusFacts): Pick<Said, 'reason' | 'message'> {
  const { release, rehearsal, migrations, hostServes, moves } = record
  switch (phase) {
    case 'ImageReady':
      return release === undefined ? {} : { message: `${release.version}, signed by the key ${release.keyId}` }
    case 'RepoReady': {
      const at = repoUrl === undefined ? 'what it was for is done' : `its files are served at ${repoUrl}`
      if (hostServes === undefined) return { message: at }
      return {
        reason: 'ServedByHost',
        message: `the repo VM did not answer in time, so the host serves the same files: ${at}${quoted(hostServes.lastWords)}`,
      }
    }
    case 'NodesPrepared':
      return rehearsal === undefined
        ? {}
        : { message: `rehearsed in ${Math.ceil(rehearsal.tookMs / 1000)} s on a copy of the store` }
    case 'SystemServicesUpgraded':
      return migrations === undefined
        ? {}
        : { message: `${migrations.changed} objects were rewritten${listed(migrations.migrations)}` }
    case 'NodesUpgraded':
      return moves === undefined ? {} : { message: movesText(moves) }
    case 'LogReady':
      return {}
  }
}

const listed = (names: readonly string[]): string => (names.length === 0 ? '' : ` by ${names.join(', ')}`)
const quoted = (words: string): string => (words === '' ? '' : `. The last that its console said: ${words}`)

function repoWords(station: StationId, { hostServes }: UpgradeRecord): string {
  if (station !== 'repo' || hostServes === undefined) return ''
  return `; the repo VM did not answer in time, so the host is to serve the same files${quoted(hostServes.lastWords)}`
}

/** Shorter than this nobody looks at a clock. */
const shortMs = 60_000
const aboutLeft = (leftMs: number): string =>
  leftMs < shortMs ? 'less than a minute left' : `about ${Math.ceil(leftMs / shortMs)} min left`

function stateOf({ record }: StatusFacts): UpgradeState {
  const { finish, stations: seen } = record
  if (finish !== undefined) return finish.outcome
  const isBegun = (id: StationId): boolean => seen[id].begunMs !== undefined
  if (isBegun('switch')) return 'UpgradingNodes'
  if (isBegun('snapshot')) return 'UpgradingSystemServices'
  if (isBegun('payload')) return 'PreparingNodes'
  if (seen.repo.doneMs !== undefined) return 'RepoPrepared'
  if (isBegun('repo')) return 'PreparingRepo'
  // As in Harvester, it stays so while the ISO is brought here.
  return seen.log.doneMs === undefined ? 'PreparingLoggingInfra' : 'LoggingInfraPrepared'
}
