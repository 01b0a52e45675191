// What is known of an upgrade at this moment, for the planner. Forward, the journal has the first word and the world the
// second; on the way back everything that was begun and is not undone has to be undone, however far it got.

import { type Inventory, type Observation, type StationId, stations } from '@sheaf/upgrade'
import { recordedObservation, type Pass, type StationWork } from './station.ts'
import { imageStation } from './stations/image.ts'
import { guestsStation } from './stations/guests.ts'
import { logStation } from './stations/log.ts'
import { migrationsStation } from './stations/migrations.ts'
import { payloadStation } from './stations/payload.ts'
import { rehearsalStation } from './stations/rehearsal.ts'
import { repoStation } from './stations/repo.ts'
import { signatureStation } from './stations/signature.ts'
import { snapshotStation } from './stations/snapshot.ts'
import { switchStation } from './stations/switch.ts'
import { wishOf } from './wish.ts'

export const works: Readonly<Record<StationId, StationWork>> = {
  log: logStation,
  image: imageStation,
  signature: signatureStation,
  repo: repoStation,
  payload: payloadStation,
  rehearsal: rehearsalStation,
  snapshot: snapshotStation,
  migrations: migrationsStation,
  switch: switchStation,
  guests: guestsStation,
}

export async function inventoryOf(pass: Pass): Promise<Inventory> {
  const { record, upgrade, ports } = pass
  const { failure, hostServes } = record
  const seen: Partial<Record<StationId, Observation>> = {}
  for (const { id } of stations) seen[id] = failure === undefined ? await ahead(id, pass) : behind(id, pass)
  const all = seen as Record<StationId, Observation>
  const isAtSwitch = stations.every(({ id, isAfterwards }) => id === 'switch' || isAfterwards || all[id].state === 'done')
  return {
    nowMs: ports.clock.now(),
    stations: all,
    wish: wishOf(upgrade, { nodeName: ports.nodeName, isAtSwitch }),
    ...(failure === undefined ? {} : { failure }),
    ...(hostServes === undefined ? {} : { hostServesSinceMs: Math.max(hostServes.sinceMs, pass.tasks.sinceMs) }),
  }
}

function ahead(id: StationId, pass: Pass): Observation | Promise<Observation> {
  const recorded = recordedObservation(pass.record.stations[id])
  if (recorded === undefined || isNeededStill(id, pass, recorded)) return works[id].observe(pass)
  return recorded
}

/** The files have to be served until they are fetched, whatever was ready once. */
function isNeededStill(id: StationId, { record }: Pass, { state }: Observation): boolean {
  return id === 'repo' && state === 'done' && record.stations.payload.doneMs === undefined
}

function behind(id: StationId, { record }: Pass): Observation {
  const { begunMs, isUndone } = record.stations[id]
  return begunMs === undefined || isUndone ? { state: 'ahead' } : { state: 'done' }
}
