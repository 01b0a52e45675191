// The upgrade on one screen: its stations in their order, what each fulfils, how long it may take, and whether it can be undone.

/** Conditions of an Upgrade, in the order in which they come up. They are Harvester's. */
export type Phase = 'LogReady' | 'ImageReady' | 'RepoReady' | 'NodesPrepared' | 'SystemServicesUpgraded' | 'NodesUpgraded'

export type StationId = (typeof sequence)[number]['id']

export interface Station {
  id: string
  phase: Phase
  /** What is done here, as a sentence without its subject. */
  title: string
  /** What it is expected to take where this machine has no history of its own: a part that always takes its time, and one that grows. */
  expected: { ms: number; msPerMiB?: number }
  /** After this it counts as hung. Absent: it ends by itself, or is for a person to end (a download shows its progress). */
  deadlineMs?: number
  /** Passed by unless somebody asks for it. */
  onlyIfAsked?: true
  /** The release has proved itself before: nothing that goes wrong here turns the way round. */
  isAfterwards?: true
  /** What going back means here, as a sentence without its subject. Absent: nothing is left behind. */
  undo?: string
}

const second = 1_000
const minute = 60_000

const sequence = [
  { id: 'log', phase: 'LogReady', title: 'open the log', expected: { ms: 50 }, deadlineMs: minute },
  {
    id: 'image',
    phase: 'ImageReady',
    title: 'import the release',
    expected: { ms: second, msPerMiB: 40 },
    undo: 'remove the image that was made for this upgrade',
  },
  {
    id: 'signature',
    phase: 'ImageReady',
    title: 'check who signed the release, whether it is whole and whether it may follow the installed one',
    expected: { ms: 500, msPerMiB: 4 },
    // A machine under load reads a few MiB each second at the least.
    deadlineMs: 10 * minute,
  },
  {
    id: 'repo',
    phase: 'RepoReady',
    title: 'start the upgrade repo VM',
    expected: { ms: 10 * second },
    // An upgrade never hangs on a guest: afterwards the host serves the same files.
    deadlineMs: 3 * minute,
    undo: 'remove the repo VM',
  },
  {
    id: 'payload',
    phase: 'NodesPrepared',
    title: 'fetch the release into the free slot, each file checked against the signed manifest',
    expected: { ms: second, msPerMiB: 40 },
    deadlineMs: 60 * minute,
    undo: 'empty the slot',
  },
  {
    id: 'rehearsal',
    phase: 'NodesPrepared',
    title: 'rehearse on a copy of the store, with simulated machines',
    expected: { ms: 5 * second },
    deadlineMs: 5 * minute,
  },
  {
    id: 'snapshot',
    phase: 'SystemServicesUpgraded',
    title: 'keep a copy of the store',
    expected: { ms: second },
    deadlineMs: 5 * minute,
  },
  {
    id: 'migrations',
    phase: 'SystemServicesUpgraded',
    title: 'rewrite what is stored as the release wants it',
    expected: { ms: second },
    deadlineMs: 30 * minute,
    undo: 'write back what was rewritten',
  },
  {
    id: 'switch',
    phase: 'NodesUpgraded',
    title: 'hand over to the release, which takes up every guest and proves itself, or is taken back',
    expected: { ms: 5 * second },
    undo: 'start the installed release again, with the store as it was handed over',
  },
  {
    // Each move has its own end; a guest that cannot be moved is told of, and stays where it is.
    id: 'guests',
    phase: 'NodesUpgraded',
    title: 'move the guests that an older QEMU runs to the one that is installed, one by one',
    expected: { ms: 5 * second },
    onlyIfAsked: true,
    isAfterwards: true,
  },
] as const satisfies readonly Station[]

export const stations: readonly (Station & { id: StationId })[] = sequence

/** Those that lie on the way, as it was asked for. */
export function stationsFor({ movesGuests = false }: { movesGuests?: boolean }): typeof stations {
  return stations.filter(({ onlyIfAsked }) => onlyIfAsked !== true || movesGuests)
}

export function stationOf(id: StationId): Station & { id: StationId } {
  const found = stations.find((station) => station.id === id)
  if (found === undefined) throw new Error(`there is no station ${id}`)
  return found
}
