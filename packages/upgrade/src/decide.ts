// What to do next: one step, from what is known now. Pure; whoever carries it out looks again afterwards.

import type { Failure, Inventory, Observation } from './inventory.ts'
import { type Station, type StationId, stationOf, stations, stationsFor } from './sequence.ts'

export type Step =
  | { kind: 'begin'; station: StationId }
  /** It goes on by itself. Look again when it tells something, and at `untilMs` at the latest. */
  | { kind: 'wait'; station: StationId; untilMs?: number }
  /** Somebody asked to pause: the next station is not begun. */
  | { kind: 'hold'; before: StationId }
  /** The guest is not waited for any longer. */
  | { kind: 'serveFromHost' }
  /** Write down why before anything is undone. */
  | { kind: 'turnRound'; failure: Failure }
  | { kind: 'undo'; station: StationId }
  | { kind: 'finish'; outcome: 'Succeeded' }
  | { kind: 'finish'; outcome: 'Failed'; failure: Failure }

export function decideNextStep(inventory: Inventory): Step {
  return inventory.failure === undefined ? forward(inventory) : back(inventory, inventory.failure)
}

function forward(inventory: Inventory): Step {
  const { stations: seen, wish } = inventory
  for (const { id, isAfterwards } of stationsFor(wish)) {
    const observation = seen[id]
    // What comes after the proof is begun or left alone, and the upgrade has succeeded either way.
    if (isAfterwards && (observation.state === 'failed' || (observation.state === 'ahead' && wish.aborted))) continue
    if (observation.state === 'failed') return turnRound(id, observation.reason, observation.message)
    if (observation.state === 'done') continue
    if (wish.aborted && mayTurnRoundAt(id, observation))
      return turnRound(id, 'Aborted', `it was aborted before it was through with this: ${stationOf(id).title}`)
    if (observation.state === 'underWay') return waitFor(stationOf(id), observation.sinceMs, inventory)
    return wish.paused ? { kind: 'hold', before: id } : { kind: 'begin', station: id }
  }
  return { kind: 'finish', outcome: 'Succeeded' }
}

/** While the release proves itself there are two of them, and the supervisor alone says which one stays; afterwards it has stayed. */
function mayTurnRoundAt(id: StationId, { state }: Observation): boolean {
  return stationOf(id).isAfterwards !== true && (id !== 'switch' || state === 'ahead')
}

function waitFor(station: Station & { id: StationId }, sinceMs: number, { nowMs, hostServesSinceMs }: Inventory): Step {
  if (station.deadlineMs === undefined) return { kind: 'wait', station: station.id }
  const isByHost = station.id === 'repo' && hostServesSinceMs !== undefined
  const untilMs = (isByHost ? hostServesSinceMs : sinceMs) + station.deadlineMs
  if (nowMs < untilMs) return { kind: 'wait', station: station.id, untilMs }
  if (station.id === 'repo' && !isByHost) return { kind: 'serveFromHost' }
  const minutes = Math.round(station.deadlineMs / 60_000)
  return turnRound(station.id, 'DeadlineExceeded', `this took longer than ${minutes} min: ${station.title}`)
}

function turnRound(station: StationId, reason: string, message: string): Step {
  return { kind: 'turnRound', failure: { station, reason, message } }
}

/** Latest first. What has nothing to undo is passed; so is what was never begun, or is undone already. */
function back({ stations: seen }: Inventory, failure: Failure): Step {
  for (const station of stations.toReversed()) {
    if (station.undo !== undefined && seen[station.id].state !== 'ahead') return { kind: 'undo', station: station.id }
  }
  return { kind: 'finish', outcome: 'Failed', failure }
}
