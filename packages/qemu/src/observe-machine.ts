// Looking at a machine: from its records, its process and QEMU's own words to what the rest of the house is told.

import { join } from 'node:path'
import type { Attachment } from './attachment.ts'
import { type EndingRecord, endedAtMs, endingInForce } from './ending.ts'
import type { Machine, MachineState } from './hypervisor.ts'
import type { Migration, MigrationRecord } from './migration/migration.ts'
import { hostBootId, isAlive, type ProcessIdentity, startTime } from './process-identity.ts'
import { fileNames } from './state-files.ts'
import { type MachineRecord, readEvents } from './state-folder.ts'
import { judge, type Verdict } from './verdict.ts'

export interface Observation {
  verdict: Verdict
  process: ProcessIdentity | undefined
}

/** Changes nothing. The record must not tell of an exit already: then there is nothing left to look at. */
export async function observeMachine(
  folder: string,
  record: MachineRecord,
  attachment: Attachment | undefined,
  nowMs: number,
): Promise<Observation> {
  const process = attachment?.process ?? (await processOf(record))
  const isThere = process !== undefined && (await isAlive(process))
  const runState = attachment?.runState
  const mayHaveEnded = !isThere || runState === 'shutdown'
  const events = mayHaveEnded ? await readEvents(folder) : []
  const verdict = judge({
    process: isThere ? { kind: 'alive', runState } : { kind: 'gone' },
    events,
    killIntended: (await endingOf(record, endedAtMs(events, nowMs))) !== undefined,
    started: record.started !== undefined,
  })
  return { verdict, process }
}

export async function describeMachine(
  folder: string,
  record: MachineRecord,
  attachment: Attachment | undefined,
  nowMs: number,
): Promise<Machine> {
  const { plan, forwards, exit } = record
  const state =
    exit === undefined
      ? await stateOf(await observeMachine(folder, record, attachment, nowMs), attachment, record)
      : ({ kind: 'exited', exit } as const)
  return {
    id: plan.id,
    plan,
    forwards,
    state,
    serialLogPath: join(folder, fileNames.serialLog),
    ...(record.migration && { migration: describeMigration(record.migration) }),
  }
}

function describeMigration({ name, startedAt, fromVersion, toVersion, outcome }: MigrationRecord): Migration {
  return { name, startedAt, fromVersion, toVersion, ...(outcome && { outcome }) }
}

/** An end that is not on record yet is told when it is. */
async function stateOf(
  { verdict, process }: Observation,
  attachment: Attachment | undefined,
  { started }: MachineRecord,
): Promise<MachineState> {
  if (verdict.kind === 'prepared' || process === undefined) return { kind: 'prepared' }
  const paused = verdict.kind === 'running' && verdict.paused
  const startedAt = started?.guest?.startedAt ?? (await startTime(process)).toISOString()
  const qemuVersion = attachment?.qemuVersion ?? started?.qemuVersion
  const agent = attachment?.agentConnected === true ? { agentConnected: true as const } : {}
  const failed = paused ? (attachment?.failedDisks ?? []) : []
  return {
    kind: 'running',
    pid: process.pid,
    paused,
    startedAt,
    ...(started?.guest && { earlierPids: started.guest.earlierPids }),
    ...(qemuVersion === undefined ? {} : { qemuVersion }),
    ...agent,
    ...(failed.length === 0 ? {} : { failedDisks: failed }),
  }
}

/** The announced end, if it can still be the reason of one that came then. */
export async function endingOf({ ending, started }: MachineRecord, atMs: number): Promise<EndingRecord | undefined> {
  return endingInForce(ending, { atMs, isOfThisBoot: started?.bootId === (await hostBootId()) })
}

/** The process on record, if the record is of this boot of the host. It may have ended since. */
export async function processOf({ started }: MachineRecord): Promise<ProcessIdentity | undefined> {
  if (started === undefined || started.bootId !== (await hostBootId())) return undefined
  return { pid: started.pid, startTicks: started.startTicks }
}
